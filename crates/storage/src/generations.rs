//! Generations of the views: which one is active, and which are built or kept beside it.
//!
//! A generation is a whole set of the views' tables. What it is made of, a schema or a file, is the back end's ([`Places`]); the
//! registry of all of them is a table beside the log, so that it outlives any of them.

mod registry;

pub use registry::Generations;

use async_trait::async_trait;
use std::fmt::Debug;
use std::sync::Arc;

use crate::views::ViewGroups;
use crate::{Db, Error, Statement, Transaction};

/// A row of the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    pub number: i64,
    pub state: GenerationState,
    pub purpose: Purpose,
    /// What is built from the log; the tables of the other groups are taken over from the active generation.
    pub views: ViewGroups,
    /// The version of the projection that built it.
    pub projection: i64,
    pub phase: Phase,
    /// The last event that was in it when this row was written.
    pub position: i64,
    /// The last event that is to be in it.
    pub target: i64,
    /// Of what it said when it was compared, in hexadecimal digits.
    pub digest: Option<String>,
    /// Who builds it, in words.
    pub builder: String,
    /// Milliseconds since the epoch.
    pub begun_at: i64,
    /// Milliseconds since the epoch; moves as long as somebody builds it.
    pub updated_at: i64,
}

impl Generation {
    /// The generation that a new database begins with.
    pub const FIRST: i64 = 1;
}

/// Declares an enum that is stored as text.
macro_rules! stored {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// Reads what [`Self::as_str`] gives.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

stored! {
    /// What a generation is to the others.
    GenerationState {
        /// Read and written by everybody.
        Active = "active",
        /// Not finished, by somebody who works on it or was killed.
        Building = "building",
        /// Was active before; can be gone back to.
        Previous = "previous",
        /// Shows a moment of the past, to be looked at.
        Past = "past",
        /// Not needed any more; its tables may still be there.
        Discarded = "discarded",
    }
}

stored! {
    /// What a generation is built for.
    Purpose {
        /// To take the active one's place.
        Replace = "replace",
        /// To be compared with the active one.
        Compare = "compare",
        /// To show a moment of the past.
        Past = "past",
    }
}

stored! {
    /// How far the building has come. Each phase can be begun again.
    Phase {
        /// The tables that are not built are taken over from the active generation.
        Copying = "copying",
        /// Events are projected in bulk, without the indexes of searches.
        Loading = "loading",
        /// Those indexes are made.
        Indexing = "indexing",
        /// The events that came meanwhile are projected.
        CatchingUp = "catching up",
        /// Everything is compared with the active generation.
        Comparing = "comparing",
        /// The generation takes the active one's place.
        Switching = "switching",
        Done = "done",
    }
}

impl Phase {
    /// Its progress is counted in rows, of which nobody knows how many there are, and not in events.
    pub fn counts_rows(self) -> bool {
        matches!(self, Self::Copying | Self::Comparing)
    }
}

/// Where generations are kept: what each back end does in its own way.
#[async_trait]
pub trait Places: Debug + Send + Sync {
    /// Opens a generation that is not the active one, making what is missing of its tables. A crash may take back what was last
    /// written to it, together with its checkpoint.
    async fn open(&self, generation: i64) -> Result<Arc<dyn Db>, Error>;

    /// Begins a transaction on a generation that was opened, in which the active one can be read, too, as of one moment: by the names
    /// of its tables with the answered words in front.
    async fn begin_beside_active(&self, generation: i64) -> Result<(Box<dyn Transaction>, &'static str), Error>;

    /// Removes the tables of a generation that is not the active one, if there are any.
    async fn remove(&self, generation: i64) -> Result<(), Error>;

    /// Prepares a generation that was loaded for being read by many. From then on no crash takes back what was loaded.
    async fn settle(&self, generation: i64) -> Result<(), Error>;

    /// Begins a transaction on the active generation. Until it ends, nobody else writes there.
    async fn hold(&self, active: &dyn Db) -> Result<Box<dyn Transaction>, Error>;

    /// Lets `next` be the active generation instead of `active`, and carries out the statements on the registry, all at one
    /// moment: whoever reads sees the one or the other. `held` came from
    /// [`Self::hold`], and is committed.
    async fn exchange(
        &self,
        held: Box<dyn Transaction>,
        active: i64,
        next: i64,
        registry: Vec<Statement>,
    ) -> Result<(), Error>;

    /// How an operator finds a generation that is not the active one.
    fn tell(&self, generation: i64) -> String;
}
