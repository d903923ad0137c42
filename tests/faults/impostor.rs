//! Somebody else answers where the database should be: TLS finds out before anything is said.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::ground::{Server, Service, command};
use crate::operator::said;

/// An authority, and where its certificate is written.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.pem", std::process::id()));
        fs::write(&file, issuer.pem()).unwrap();
        Self { issuer, file }
    }

    /// Vouches for whoever is at this address.
    fn vouches_for(&self, address: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([address.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn file(&self) -> &str {
        self.file.to_str().unwrap()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}

#[actix_web::test]
async fn only_whom_a_known_authority_vouches_for_is_told_anything() {
    let server = Server::new().await;
    let organization = server.founded(&["Example"]).await[0];
    let (ours, others) = (Authority::named("ours"), Authority::named("others"));
    let checked = |port: u16, authority: Option<&Path>| {
        let url = format!("postgresql://peer_coaching_app@127.0.0.1:{port}/coaching?sslmode=require");
        let mut check = command("check-config --online", &url, &[organization]);
        said(check.envs(authority.map(|file| ("DATABASE_CA_FILE", file))))
    };

    let port = server.takes_tls(ours.vouches_for("127.0.0.1")).await;
    let well = checked(port, Some(&ours.file));
    assert!(well.well, "{well:?}");
    let url = format!("postgresql://peer_coaching_app@127.0.0.1:{port}/coaching?sslmode=require");
    let service = Service::start(&url, &[organization], &[("DATABASE_CA_FILE", ours.file())]);
    service.member(organization, "ana").id().await;
    let sealed = "select count(*) from pg_stat_ssl join pg_stat_activity using (pid)
        where application_name = 'peer-coaching' and ssl";
    server.comes_true("its connections are encrypted", sealed, 1).await;
    service.finish();

    // Whom the system does not know; whom another authority vouches for; who was vouched for as somebody else.
    for authority in [None, Some(&*others.file)] {
        let refusal = checked(port, authority).refusal();
        assert!(refusal.contains("the database cannot be asked") && refusal.contains("certificate"), "{refusal}");
    }
    let port = server.takes_tls(ours.vouches_for("127.0.0.2")).await;
    let refusal = checked(port, Some(&ours.file)).refusal();
    assert!(refusal.contains("not valid for name"), "{refusal}");

    // And one who has no certificate at all.
    let port = server.takes_anybody().await;
    let refusal = checked(port, Some(&ours.file)).refusal();
    assert!(refusal.contains("TLS"), "{refusal}");
    let in_the_clear = format!("postgresql://peer_coaching_app@127.0.0.1:{port}/coaching");
    assert!(said(&mut command("check-config --online", &in_the_clear, &[organization])).well, "a control");
}
