//! Accounts and the transfers between them.

use std::collections::BTreeMap;
use std::fmt;

const LIMIT: u64 = 1_000_000;

/// An account's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountId(u32);

#[derive(Debug)]
pub enum TransferError {
    Unknown(AccountId),
    Short { wanted: u64, there: u64 },
    Limit,
}

impl fmt::Display for TransferError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TransferError::Unknown(id) => write!(out, "no account {}", id.0),
            TransferError::Short { wanted, there } => {
                write!(out, "{wanted} wanted, {there} there")
            }
            TransferError::Limit => write!(out, "above the limit"),
        }
    }
}

/// Whatever can be written into a ledger.
pub trait Entry {
    fn amount(&self) -> u64;

    fn is_large(&self) -> bool {
        self.amount() > LIMIT / 2
    }
}

pub struct Transfer<'a> {
    from: AccountId,
    to: AccountId,
    cents: u64,
    note: &'a str,
}

impl<'a> Entry for Transfer<'a> {
    fn amount(&self) -> u64 {
        self.cents
    }
}

macro_rules! entry {
    ($from:expr, $to:expr, $cents:expr) => {
        Transfer { from: AccountId($from), to: AccountId($to), cents: $cents, note: "" }
    };
}

#[derive(Default)]
pub struct Ledger {
    balances: BTreeMap<u32, u64>,
    log: Vec<String>,
}

impl Ledger {
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens an account with some money in it.
    pub fn open(&mut self, id: u32, cents: u64) -> AccountId {
        self.balances.insert(id, cents);
        AccountId(id)
    }

    pub fn transfer(&mut self, entry: &Transfer<'_>) -> Result<(), TransferError> {
        if entry.amount() > LIMIT {
            return Err(TransferError::Limit);
        }
        let there = *self.balances.get(&entry.from.0).ok_or(TransferError::Unknown(entry.from))?;
        if there < entry.cents {
            return Err(TransferError::Short { wanted: entry.cents, there });
        }
        *self.balances.entry(entry.from.0).or_default() -= entry.cents;
        *self.balances.entry(entry.to.0).or_default() += entry.cents;
        self.log.push(format!("{} -> {}: {} '{}'", entry.from.0, entry.to.0, entry.cents, entry.note));
        Ok(())
    }

    #[must_use]
    pub async fn audit(&self) -> u64 {
        self.balances.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_moves() {
        let mut ledger = Ledger::new();
        ledger.open(1, 500);
        ledger.open(2, 0);
        assert!(ledger.transfer(&entry!(1, 2, 300)).is_ok());
    }
}
