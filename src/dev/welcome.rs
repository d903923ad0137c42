//! What `dev` says when it is ready: where it is, who can come in, and a first conversation to paste.

use std::fmt;
use std::net::SocketAddr;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::issuer::DevIssuer;
use crate::clock::Clock;
use crate::cycles::rules::Period;
use crate::ids::MemberId;
use crate::policy::rules::Settings;

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
    /// Who coached her in the finished quarter.
    pub elif: MemberId,
    /// Whether the company was there before.
    pub known: bool,
}

/// The lines can be pasted one by one or all at once, and again: shells that take a `#` line for a command (zsh) find
/// nothing to run or to expand in it, and whoever asks twice is told so.
impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, listen, ben, elif, .. } = self;
        let Quarter { tomorrow, next_week, days } = Quarter::from(self.clock.now());
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

# Ana takes part this quarter, wants to learn about Kubernetes, and has thought about her job
curl -sw '\n' -X PUT $API/v1/cycles/current/participation -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"answer": "opted_in", "topics": ["Kubernetes"]}}'
curl -sw '\n' -X PUT $API/v1/cycles/current/reflection -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"answers": ["Checkout survived Black Friday.", "We deploy daily now; our reviews still take a week."], "complete": true}}'

# What is next for her, by when, and the operation that does it
curl -sw '\n' $API/v1/me/next-step -H "Authorization: Bearer $ANA"

# Whom she could ask, the most useful first, and why. Not Elif, who coached her last quarter. She asks Ben
curl -sw '\n' "$API/v1/cycles/current/coaches?limit=3" -H "Authorization: Bearer $ANA"
curl -sw '\n' $API/v1/pairings -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"coach_id": "{ben}", "message": "You stay calm when the cluster does not. Would you coach me?"}}'

# Ben looks who asked him, and accepts
curl -sw '\n' "$API/v1/pairings?role=coach&limit=1" -H "Authorization: Bearer $BEN"
export PAIRING=$(curl -s "$API/v1/pairings?role=coach&limit=1" -H "Authorization: Bearer $BEN" | cut -d'"' -f6)
curl -sw '\n' -X POST $API/v1/pairings/$PAIRING/accept -H "Authorization: Bearer $BEN"

# They plan the first call for tomorrow. Three days later it counts as held, for nobody says otherwise
curl -sw '\n' $API/v1/pairings/$PAIRING/check-ins -H "Authorization: Bearer $BEN" -H "Content-Type: application/json" -d '{{"kind": "kickoff", "starts_at": "{tomorrow}"}}'
curl -sw '\n' $API/dev/clock -H "Content-Type: application/json" -d '{{"advance": "P3D"}}'
curl -sw '\n' "$API/v1/pairings/$PAIRING/check-ins" -H "Authorization: Bearer $ANA"

# What comes of it: Ana starts something, and Ben shares what he has written down. Both are sealed; what is next for her?
export CALL=$(curl -s "$API/v1/pairings/$PAIRING/check-ins" -H "Authorization: Bearer $BEN" | cut -d'"' -f6)
curl -sw '\n' $API/v1/pairings/$PAIRING/actions -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"kind": "start", "text": "Review one change before lunch, every day."}}'
curl -sw '\n' -X PUT $API/v1/check-ins/$CALL/note -H "Authorization: Bearer $BEN" -H "Content-Type: application/json" -d '{{"text": "Small changes first. Kim reviews with her.", "shared": true}}'
curl -sw '\n' $API/v1/check-ins/$CALL/notes -H "Authorization: Bearer $ANA"
curl -sw '\n' $API/v1/me/next-step -H "Authorization: Bearer $ANA"

# Ten minutes every week for the rest of the quarter. It passes, and the pairing completes by itself
curl -sw '\n' $API/v1/pairings/$PAIRING/series -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"starts_at": "{next_week}"}}'
curl -sw '\n' $API/dev/clock -H "Content-Type: application/json" -d '{{"advance": "P{days}D"}}'
curl -sw '\n' $API/v1/pairings/$PAIRING -H "Authorization: Bearer $ANA"

# The next quarter: someone else this time. Ben is refused; Elif, who coached Ana the time before, is not
curl -sw '\n' -X PUT $API/v1/cycles/current/participation -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"answer": "opted_in"}}'
curl -sw '\n' -X PUT $API/v1/cycles/current/reflection -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"complete": true}}'
curl -sw '\n' $API/v1/pairings -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"coach_id": "{ben}"}}'
curl -sw '\n' $API/v1/pairings -H "Authorization: Bearer $ANA" -H "Content-Type: application/json" -d '{{"coach_id": "{elif}"}}'

# The integration reads the directory, with the keys that colleagues do not see
curl -sw '\n' "$API/v1/members?limit=2" -H "Authorization: Bearer $SYNC"

Stop with ctrl-c; the data is kept.
"#
        )
    }
}

/// When things happen in the printed conversation.
struct Quarter {
    /// Tomorrow morning.
    tomorrow: Timestamp,
    /// The same time a week from today.
    next_week: Timestamp,
    /// How many days after the first three the wrap-up of the quarter is over.
    days: i64,
}

impl Quarter {
    fn from(now: Timestamp) -> Self {
        let settings = Settings::default();
        let quarter = Period::covering(now, &settings);
        let wrapped_up = quarter.ends_at + SignedDuration::from_hours(24 * (i64::from(settings.wrap_up_days) + 1));
        let morning = |days: i64| {
            let day = now + SignedDuration::from_hours(24 * days);
            day.to_zoned(TimeZone::UTC).date().at(10, 0, 0, 0).to_zoned(TimeZone::UTC).map_or(day, |at| at.timestamp())
        };
        Self { tomorrow: morning(1), next_week: morning(7), days: wrapped_up.duration_since(now).as_hours() / 24 - 2 }
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
