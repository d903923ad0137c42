//! What the database can answer instead of rows, and what it means to us.

use deadpool_postgres::PoolError;
use tokio_postgres::error::{Severity, SqlState};

use crate::codes::Code;
use crate::error::Error;

/// Why a statement or a transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No connection could be had in time.
    #[error("no database connection: {}", no_connection(.0))]
    NoConnection(#[from] PoolError),
    /// The organization's other requests held all that are for one organization.
    #[error("the organization held its share of the database connections for too long")]
    ShareTaken,
    /// The database refused, or went away.
    #[error("{}", described(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// The answer to a commit was lost: what was done may be stored, or not.
    #[error("{}", described(.0))]
    Uncertain(#[source] tokio_postgres::Error),
    /// A statement failed or was abandoned and its error swallowed: nothing was committed.
    #[error("a statement failed or was abandoned, so nothing was committed")]
    Unfinished,
    /// What is stored sealed cannot be opened.
    #[error("{0}")]
    Unopened(#[from] crate::vault::Unopened),
}

/// All that is known, for whoever has to mend it: while it connects nobody has sent anything that must not be told.
fn no_connection(error: &PoolError) -> String {
    let PoolError::Backend(error) = error else { return error.to_string() };
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}

/// The parts of a database error that hold no values: rows and parameters stay out of the log.
fn described(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(refusal) => format!(
            "{} {} (table {}, constraint {})",
            refusal.code().code(),
            if refusal.code() == &SqlState::INSUFFICIENT_PRIVILEGE || refusal.code().code().starts_with("42") {
                refusal.message()
            } else {
                "refused by the database"
            },
            refusal.table().unwrap_or("-"),
            refusal.constraint().unwrap_or("-"),
        ),
        None => error.to_string(),
    }
}

impl DbError {
    /// Why a commit failed. An ERROR has rolled it back; whoever is thrown out (FATAL, PANIC), or hears nothing any more, may have
    /// committed before.
    pub(super) fn of_commit(error: tokio_postgres::Error) -> Self {
        match error.as_db_error().and_then(|refusal| refusal.parsed_severity()) {
            Some(Severity::Error) => Self::Postgres(error),
            _ => Self::Uncertain(error),
        }
    }

    fn state(&self) -> Option<&SqlState> {
        match self {
            Self::Postgres(error) => error.code(),
            Self::NoConnection(_) | Self::ShareTaken | Self::Uncertain(_) | Self::Unfinished | Self::Unopened(_) => {
                None
            }
        }
    }

    /// Whether a lock was not to be had in time.
    pub fn is_lock_timeout(&self) -> bool {
        self.state() == Some(&SqlState::LOCK_NOT_AVAILABLE)
    }

    fn violates(&self, constraint: &str) -> bool {
        matches!(self, Self::Postgres(error)
            if error.as_db_error().and_then(|refusal| refusal.constraint()) == Some(constraint))
    }

    /// A statement that was prepared before a migration: the connection's memory is of no use any more.
    pub(super) fn outdates_statements(error: &tokio_postgres::Error) -> bool {
        [Some(&SqlState::FEATURE_NOT_SUPPORTED), Some(&SqlState::INVALID_SQL_STATEMENT_NAME)].contains(&error.code())
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}

/// What row-level `require_standing()` raises.
const NO_STANDING: &str = "PC403";

/// What it raises for whoever was erased; and what is raised when somebody writes for them.
const ERASED: &str = "PC410";

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        let Some(state) = error.state() else {
            return match &error {
                // the connection broke, or none was free in time
                DbError::NoConnection(_) | DbError::ShareTaken => Self::Unavailable(error.to_string()),
                DbError::Postgres(lost) if lost.is_closed() || is_io(lost) => Self::Unavailable(error.to_string()),
                DbError::Uncertain(_) => Self::Unknown(error.to_string()),
                DbError::Postgres(_) | DbError::Unfinished | DbError::Unopened(_) => Self::Internal(error.to_string()),
            };
        };
        let passing = [
            &SqlState::LOCK_NOT_AVAILABLE,
            &SqlState::QUERY_CANCELED,
            &SqlState::T_R_DEADLOCK_DETECTED,
            &SqlState::T_R_SERIALIZATION_FAILURE,
            &SqlState::TOO_MANY_CONNECTIONS,
            &SqlState::ADMIN_SHUTDOWN,
            &SqlState::CRASH_SHUTDOWN,
            &SqlState::CANNOT_CONNECT_NOW,
            &SqlState::READ_ONLY_SQL_TRANSACTION,
            &SqlState::DISK_FULL,
            &SqlState::FEATURE_NOT_SUPPORTED,
            &SqlState::INVALID_SQL_STATEMENT_NAME,
        ];
        if state.code() == NO_STANDING {
            Code::MemberInactive.into()
        } else if state.code() == ERASED {
            Code::MemberErased.into()
        } else if passing.contains(&state) || state.code().starts_with("08") {
            Self::Unavailable(error.to_string())
        } else {
            Self::Internal(error.to_string())
        }
    }
}

/// Names the constraint that may be hit here, and what it means to the caller.
pub trait OnConstraint<T> {
    /// Turns a violation of this constraint into this refusal; every other error stays what it was.
    ///
    /// # Errors
    /// The refusal, or the error that was there before.
    fn on_constraint(self, constraint: &str, code: Code) -> Result<T, Error>
    where
        Self: Sized,
    {
        self.on_constraints(&[constraint], code)
    }

    /// The same where several say it together.
    ///
    /// # Errors
    /// The code's, or the database's own.
    fn on_constraints(self, constraints: &[&str], code: Code) -> Result<T, Error>;
}

impl<T> OnConstraint<T> for Result<T, DbError> {
    fn on_constraints(self, constraints: &[&str], code: Code) -> Result<T, Error> {
        self.map_err(|error| {
            if constraints.iter().any(|constraint| error.violates(constraint)) { code.into() } else { error.into() }
        })
    }
}
