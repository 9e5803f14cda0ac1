//! Accounts and transfers. Amounts are cents.

use std::collections::BTreeMap;

/// Why something was refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such account.
    NoAccount(String),
    /// The account has less than that.
    TooLittle { has: u64 },
}

/// Accounts by name.
#[derive(Debug, Default)]
pub struct Bank {
    accounts: BTreeMap<String, u64>,
}

impl Bank {
    /// Pays into an account, which is opened where it is new.
    pub fn deposit(&mut self, name: &str, amount: u64) {
        self.accounts.insert(name.to_owned(), amount);
    }

    /// What an account has.
    pub fn balance(&self, name: &str) -> Result<u64, Refused> {
        self.accounts.get(name).copied().ok_or_else(|| Refused::NoAccount(name.to_owned()))
    }

    /// Moves an amount from one account to another; both must exist. Refused, nothing changes.
    pub fn transfer(&mut self, from: &str, to: &str, amount: u64) -> Result<(), Refused> {
        let has = self.balance(from)?;
        if has < amount {
            return Err(Refused::TooLittle { has });
        }
        self.accounts.insert(from.to_owned(), has - amount);
        let there = self.balance(to)?;
        self.accounts.insert(to.to_owned(), there + amount);
        Ok(())
    }

    /// The sum of all accounts.
    pub fn total(&self) -> u64 {
        self.accounts.values().sum()
    }
}
