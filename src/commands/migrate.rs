//! `migrate`: brings the schema up to date.

use super::Failed;
use crate::config::DatabaseArgs;
use crate::db::migrate;

/// Applies what is missing, and says what that was.
///
/// # Errors
/// When the database cannot be reached, or refuses a migration.
pub fn run(args: &DatabaseArgs) -> Result<(), Failed> {
    let database = args.check()?;
    actix_web::rt::System::new().block_on(async {
        let unreachable = |error| format!("the database cannot be reached: {error}");
        let mut client = database.connect().await.map_err(unreachable)?;
        let applied = migrate::migrate(&mut client).await.map_err(|error| {
            format!(
                "{error}\nRun it as peer_coaching_owner, after the SQL of `peer-coaching roles`; \
                 what was applied stays, and running it again goes on."
            )
        })?;
        for name in &applied {
            println!("applied {name}");
        }
        println!("the schema is up to date ({})", migrate::newest());
        Ok(())
    })
}
