use bank::{Bank, Refused};

fn bank() -> Bank {
    let mut bank = Bank::default();
    bank.deposit("ann", 500);
    bank.deposit("bob", 100);
    bank
}

#[test]
fn deposits_are_added_up() {
    let mut bank = bank();
    bank.deposit("ann", 250);
    assert_eq!(bank.balance("ann"), Ok(750));
}

#[test]
fn a_transfer_moves_money() {
    let mut bank = bank();
    assert_eq!(bank.transfer("ann", "bob", 200), Ok(()));
    assert_eq!((bank.balance("ann"), bank.balance("bob")), (Ok(300), Ok(300)));
}

#[test]
fn more_than_there_is_is_refused() {
    assert_eq!(bank().transfer("bob", "ann", 101), Err(Refused::TooLittle { has: 100 }));
}

#[test]
fn a_refused_transfer_loses_no_money() {
    let mut bank = bank();
    assert_eq!(bank.transfer("ann", "eve", 200), Err(Refused::NoAccount("eve".into())));
    assert_eq!(bank.total(), 600);
}
