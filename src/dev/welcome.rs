//! What `dev` says when it is ready: where it is, who can come in, and a first conversation to paste.

use std::net::SocketAddr;

use super::issuer::DevIssuer;
use crate::clock::Clock;
use crate::ids::MemberId;

/// For how many hours the printed tokens are good.
const HOURS: u8 = 12;

/// Prints it to standard output, so that it can be piped on.
pub fn print(issuer: &DevIssuer, listen: SocketAddr, clock: &Clock, ben: MemberId) {
    let grace = issuer.member("grace", "Grace Lindqvist", true, HOURS);
    let (ana, ben_token) =
        (issuer.member("ana", "Ana Silva", false, HOURS), issuer.member("ben", "Ben Okafor", false, HOURS));
    let sync = issuer.integration("directory-sync", "members:read members:write", HOURS);
    let ahead = clock.ahead().as_hours() / 24;
    let time =
        if ahead == 0 { String::new() } else { format!("\nThe company's clock is {ahead} days ahead of yours.\n") };
    println!(
        r#"
Peer Coaching is ready at http://{listen} (the API to try in a browser: http://{listen}/docs/)
{time}
# Who can come in: a member, her colleague, an administrator, an integration. Good for {HOURS} hours; `token WHO` makes more.
export HOST=http://{listen}
export ANA={ana}
export BEN={ben_token}
export GRACE={grace}
export SYNC={sync}

# Who am I?
curl -s $HOST/v1/me -H "Authorization: Bearer $ANA"

# I take part this quarter, and have thought about my job.
curl -s -X PUT $HOST/v1/cycles/current/participation -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"answer": "opted_in"}}'
curl -s -X PUT $HOST/v1/cycles/current/reflection -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"complete": true}}'

# Who could coach me? Not Elif: she did last quarter. I ask Ben.
curl -s "$HOST/v1/cycles/current/coaches?limit=3" -H "Authorization: Bearer $ANA"
export PAIRING=$(curl -si $HOST/v1/pairings -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"coach_id": "{ben}"}}' | tr -d '\r' | sed -n 's/^location: //Ip')

# Ben looks who waits for him, and accepts.
curl -s "$HOST/v1/pairings?role=coach&state=requested" -H "Authorization: Bearer $BEN"
curl -s -X POST $HOST$PAIRING/accept -H "Authorization: Bearer $BEN"

# Two weeks later:
curl -s -X POST $HOST/dev/clock -H "Content-Type: application/json" -d '{{"advance": "P14D"}}'

Stop with ctrl-c; the data is kept.
"#
    );
}
