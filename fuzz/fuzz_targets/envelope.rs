//! Sealed texts and wrapped keys: bytes that we have not sealed do not open, whatever they look like; what we have sealed
//! opens to the same bytes, in its own place only.

#![no_main]

use libfuzzer_sys::fuzz_target;
use peer_coaching::ids::OrganizationId;
use peer_coaching::vault::{Column, MasterKeys, OrganizationKey, OwnerKey, Unopened, Vault};
use peer_coaching_fuzz::{changed, keys};
use uuid::Uuid;

const NOTES: Column = Column { table: "notes", name: "text", key: "key" };
const INSIGHTS: Column = Column { table: "insights", name: "text", key: "key" };
const OWNER: Uuid = Uuid::from_u128(2);
const ROW: Uuid = Uuid::from_u128(3);

fn organization() -> OrganizationId {
    Uuid::from_u128(1).into()
}

/// A vault that knows an organization, and the key of one of its people.
fn open_vault() -> (Vault, OwnerKey) {
    let vault = Vault::new(keys());
    vault.learn(organization(), &vault.new_organization_key(organization())).expect("it opens");
    let wrapped = vault.new_owner_key(organization(), OWNER).expect("it is known");
    let key = vault.owner_key(organization(), OWNER, &wrapped).expect("it opens");
    (vault, key)
}

fuzz_target!(|data: &[u8]| {
    thread_local!(static VAULT: (Vault, OwnerKey) = open_vault());
    VAULT.with(|(vault, key)| {
        assert_eq!(key.open(NOTES, ROW, data), Err(Unopened));
        assert_eq!(key.open_bytes(NOTES, data, data), Err(Unopened));
        assert!(vault.owner_key(organization(), OWNER, data).is_err());
        let stored = OrganizationKey { master: "k1".into(), wrapped: data.to_vec() };
        assert_eq!(vault.learn(organization(), &stored), Err(Unopened));
        assert_eq!(vault.rewrapped(organization(), &stored), Err(Unopened));

        let sealed = key.seal_bytes(NOTES, data, data);
        assert_eq!(key.open_bytes(NOTES, data, &sealed).as_deref(), Ok(data));
        assert_eq!(key.open_bytes(INSIGHTS, data, &sealed), Err(Unopened));
        assert_eq!(key.open_bytes(NOTES, &[data, b"x"].concat(), &sealed), Err(Unopened));
        assert_eq!(key.open_bytes(NOTES, data, &changed(&sealed, data.len())), Err(Unopened));
        assert_eq!(key.open_bytes(NOTES, data, &sealed[..data.len() % sealed.len()]), Err(Unopened));

        let Ok(text) = str::from_utf8(data) else { return };
        assert_eq!(key.open(NOTES, ROW, &key.seal(NOTES, ROW, text)).as_deref(), Ok(text));
        if let Ok(masters) = text.parse::<MasterKeys>() {
            let mac = masters.mac("purpose", data);
            assert!(masters.verify("purpose", data, &mac) && !masters.verify("another", data, &mac));
        }
        assert!(!vault.masters().verify("purpose", b"message", text), "we have not made this");
    });
});
