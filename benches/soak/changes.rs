//! What an operator and an identity provider do while people work: keys are changed, secrets too, a service is replaced.

use std::rc::Rc;
use std::time::Duration;

use super::load::Tally;
use super::world::World;

/// How long new signing keys may take to be known.
const PATIENCE: Duration = Duration::from_secs(60);

/// All of it, once.
pub async fn round(world: &Rc<World>, tally: &Tally, number: usize) {
    signing_key(world).await;
    for program in &world.programs {
        let ask = program.person.post(format!("/v1/webhooks/{}/rotate-secret", program.webhook));
        match ask.to(&world.client, &world.address(true)).await {
            Ok(answer) if answer.status == 201 => (),
            other => tally.complain("a webhook's secret", &format!("{other:?}")),
        }
    }
    world.deployment.rotate_keys(number.is_multiple_of(2)).await;
    replace(world, tally).await;
    for receiver in &world.receivers {
        receiver.next([super::receiver::Says::Status(503)]); // one delivery has to be made again
    }
}

/// The issuer publishes a key beside the old one, and signs with it once both services know it.
async fn signing_key(world: &World) {
    let next = world.signers.publish();
    let person = &world.programs[0].person;
    for first in [true, false] {
        let address = world.address(first);
        let is_known = async || {
            let ask = person.get("/v1/webhooks").bearing(person.token_by(&next));
            ask.to(&world.client, &address).await.is_ok_and(|answer| answer.status == 200)
        };
        let known = async {
            while !is_known().await {
                tokio::time::sleep(Duration::from_secs(1)).await; // it looks again in its own time
            }
        };
        tokio::time::timeout(PATIENCE, known).await.expect("a new key is known within a minute");
    }
    world.signers.change_to(next);
}

/// Another process takes the second's place, which is told to stop and finishes what it has begun.
async fn replace(world: &World, tally: &Tally) {
    let new = world.deployment.start("second", &world.client).await;
    world.second_address.replace(new.address.clone());
    let old = world.second.replace(Some(new));
    for complaint in old.expect("a service").stop().await {
        tally.complain("a service", &complaint);
    }
}
