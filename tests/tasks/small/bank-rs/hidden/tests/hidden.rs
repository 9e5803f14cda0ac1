use bank::{Bank, Refused};

#[test]
fn money_is_neither_made_nor_lost() {
    let mut bank = Bank::default();
    for _ in 0..3 {
        bank.deposit("a", 10);
        bank.deposit("b", 5);
    }
    assert_eq!(bank.transfer("a", "b", 30), Ok(()));
    assert_eq!(bank.transfer("b", "nobody", 1), Err(Refused::NoAccount("nobody".into())));
    assert_eq!(bank.transfer("nobody", "b", 1), Err(Refused::NoAccount("nobody".into())));
    assert_eq!((bank.balance("a"), bank.balance("b"), bank.total()), (Ok(0), Ok(45), 45));
}

#[test]
fn a_refused_transfer_opens_no_account() {
    let mut bank = Bank::default();
    bank.deposit("a", 10);
    let _ = bank.transfer("a", "b", 5);
    assert_eq!(bank.balance("b"), Err(Refused::NoAccount("b".into())));
}
