//! What `dev` says when it is ready: where it is, who can come in, and a first conversation to paste.

use std::fmt;
use std::net::SocketAddr;

use super::issuer::DevIssuer;
use crate::clock::Clock;
use crate::ids::MemberId;

/// For how many hours the printed tokens are good.
const HOURS: u8 = 12;

/// All that the welcome needs to know; showing it makes new tokens.
pub struct Welcome<'a> {
    /// Makes the tokens.
    pub issuer: &'a DevIssuer,
    /// Where the service is.
    pub listen: SocketAddr,
    /// The company's time.
    pub clock: &'a Clock,
    /// Whom Ana asks.
    pub ben: MemberId,
    /// Whether the company was there before.
    pub known: bool,
}

/// The lines can be pasted one by one or all at once, and again: shells that take a `#` line for a command (zsh) find
/// nothing to run or to expand in it, and whoever asks twice is told so.
impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, listen, ben, .. } = self;
        let ana = issuer.member("ana", "Ana Silva", false, HOURS);
        let ben_token = issuer.member("ben", "Ben Okafor", false, HOURS);
        let grace = issuer.member("grace", "Grace Lindqvist", true, HOURS);
        let sync = issuer.integration("directory-sync", &["members:read", "members:write"], HOURS);
        writeln!(f, "\nPeer Coaching is ready at http://{listen}")?;
        writeln!(f, "To try it in a browser: http://{listen}/docs/ (press Authorize and paste a token from below)")?;
        writeln!(f, "{}{}", self.company(), self.time())?;
        write!(
            f,
            r#"
The tokens are good for {HOURS} hours. For another, of any member: cargo run -- token WHO
Paste into a second terminal:

# A member, her colleague, an administrator, an integration
export API=http://{listen}
export ANA={ana}
export BEN={ben_token}
export GRACE={grace}
export SYNC={sync}

# Ana: who am I
curl -sw '\n' $API/v1/me -H "Authorization: Bearer $ANA"

# Ana takes part this quarter, and has thought about her job
curl -sw '\n' -X PUT $API/v1/cycles/current/participation -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"answer": "opted_in"}}'
curl -sw '\n' -X PUT $API/v1/cycles/current/reflection -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"complete": true}}'

# Whom she could ask. Not Elif, who coached her last quarter. She asks Ben
curl -sw '\n' "$API/v1/cycles/current/coaches?limit=3" -H "Authorization: Bearer $ANA"
curl -sw '\n' $API/v1/pairings -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"coach_id": "{ben}"}}'

# Ben looks who asked him, and accepts
curl -sw '\n' "$API/v1/pairings?role=coach&limit=1" -H "Authorization: Bearer $BEN"
export PAIRING=$(curl -s "$API/v1/pairings?role=coach&limit=1" -H "Authorization: Bearer $BEN" | cut -d'"' -f6)
curl -sw '\n' -X POST $API/v1/pairings/$PAIRING/accept -H "Authorization: Bearer $BEN"

# The integration reads the directory, with the keys that colleagues do not see
curl -sw '\n' "$API/v1/members?limit=2" -H "Authorization: Bearer $SYNC"

To live through a quarter in five minutes, move the company's clock, by two weeks for example:

curl -sw '\n' $API/dev/clock -H "Content-Type: application/json" -d '{{"advance": "P14D"}}'

Stop with ctrl-c; the data is kept.
"#
        )
    }
}

impl Welcome<'_> {
    fn company(&self) -> &'static str {
        if self.known {
            "The company and all that was done in it last time are there; the tokens are new."
        } else {
            "There is a new company: twelve members, a finished quarter, and this one, in which all is still to be done."
        }
    }

    fn time(&self) -> String {
        match self.clock.ahead().as_hours() / 24 {
            0 => String::new(),
            days => format!("\nIts clock is {days} days ahead of yours."),
        }
    }
}
