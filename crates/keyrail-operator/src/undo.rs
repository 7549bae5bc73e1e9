//! Taking containment back, with the credentials that people have.

use aws_config::Region;

use keyrail_aws::{Aws, Places};

use crate::caller::Connection;

/// keyrail's table, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its Region: the one that keyrail is deployed in.
    pub region: String,
}

impl Connection {
    /// Clients that act in the caller's account, and in no other.
    #[must_use]
    pub fn aws(&self) -> Aws {
        let aws = Aws::new(self.config.clone(), Places::default());
        aws.acting_in(self.caller.account.clone(), &self.caller.partition)
    }

    /// The same, with a table that is in the caller's account.
    #[must_use]
    pub fn aws_with(&self, table: &Table) -> Aws {
        let region = Region::new(table.region.clone());
        let there = self.config.to_builder().region(region).build();
        self.aws().with_table(table.name.clone(), &there)
    }
}
