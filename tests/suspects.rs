//! Faults that were there before the task: where repair makes no way, the files that a failing test
//! leads to are looked at one by one.

use scripted_model::Reply;

use crate::world::{World, code, plan};

const SHOP: &str = "from tax import with_tax\n\n\ndef price(net):\n    return with_tax(net)\n";
const TAX: &str = "def with_tax(net):\n    return net + net * 10 // 100\n";
const RIGHT: &str = "def with_tax(net):\n    return net + net * 20 // 100\n";
const TEST: &str = "import unittest\nfrom shop import price\n\nclass Prices(unittest.TestCase):\n    def test_price(self):\n        self.assertEqual(price(100), 120)\n\n    def test_nothing(self):\n        self.assertEqual(price(0), 0)\n";

/// A shop whose test fails for a fault in the file that `shop.py` imports.
async fn shop(answers: Vec<Reply>) -> World {
    let mut replies = vec![plan("Mend the price", &["shop.py"], &["python3 -m unittest"])];
    replies.extend(answers);
    let world = World::new(replies).await;
    world.file("shop.py", SHOP).file("tax.py", TAX).file("test_shop.py", TEST).committed();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_changes_nothing_is_not_checked_and_the_next_file_is_looked_at() {
    let world = shop(vec![
        code("Mend the price", &[("shop.py", SHOP)]),
        code("Mend the tax", &[("tax.py", RIGHT)]).when("The fault is in `tax.py`"),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "The tests fail, mend the bug"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!((world.read("shop.py"), world.read("tax.py")), (SHOP.to_owned(), RIGHT.to_owned()));
    assert_eq!(ran.out.matches("$ python3 -m unittest").count(), 2, "before and after: {ran:?}");
    let asked = world.model.requests()[2].prompt();
    for text in [SHOP, TAX, TEST] {
        assert_eq!(asked.matches(text).count(), 1, "quoted twice, it is copied: {asked}");
    }
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_helped_is_taken_back_before_the_next_file_is_looked_at() {
    let guess = SHOP.replace("with_tax(net)\n", "with_tax(net) + 1\n");
    let worse = TAX.replace("net + net", "net - net");
    let world = shop(vec![
        code("Mend the price", &[("shop.py", &guess)]),
        code("Mend the price", &[("shop.py", &guess)]),
        code("Mend the tax", &[("tax.py", &worse)]).when("The fault is in `tax.py`"),
        // The file that the plan named comes last, and is again as it was.
        code("Mend the shop", &[("shop.py", &SHOP.replace("(net)\n", "(net * 12 // 11)\n"))])
            .when("The fault is in `shop.py`"),
        code("Mend the tax", &[("tax.py", RIGHT)]).when("of `tax.py`"),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "The tests fail, mend the bug"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!((world.read("shop.py"), world.read("tax.py")), (SHOP.to_owned(), RIGHT.to_owned()));
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_fewer_tests_fail_stays_while_the_rest_is_looked_for() {
    let test = "import unittest\nfrom calc import add, double\n\nclass T(unittest.TestCase):\n    def test_add(self):\n        self.assertEqual(add(1, 2), 3)\n\n    def test_double(self):\n        self.assertEqual(double(4), 8)\n";
    let calc = |add: &str, double: &str| {
        format!("def add(a, b):\n    return {add}\n\n\ndef double(a):\n    return {double}\n")
    };
    let (broken, half, right) = (calc("a - b", "a"), calc("a + b", "a"), calc("a + b", "2 * a"));
    let world = World::new(vec![
        plan("Mend calc", &["calc.py"], &["python3 -m unittest"]),
        code("Mend calc", &[("calc.py", &broken)]),
        code("Mend add", &[("calc.py", &half)]).when("The fault is in `calc.py`"),
        code("Mend double", &[("calc.py", &right)]).when("return a + b"),
    ])
    .await;
    world.file("calc.py", &broken).file("test_calc.py", test).committed();
    let ran = world.run(&["run", "--yes", "The tests fail"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.read("calc.py"), right);
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_first_answer_no_longer_imports_is_looked_at_all_the_same() {
    let guess = "def price(net):\n    return 0\n";
    let world = shop(vec![
        code("Mend the price", &[("shop.py", guess)]),
        code("Mend the price", &[("shop.py", guess)]),
        code("Mend the tax", &[("tax.py", RIGHT)]).when("The fault is in `tax.py`"),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "The tests fail, mend the bug"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!((world.read("shop.py"), world.read("tax.py")), (SHOP.to_owned(), RIGHT.to_owned()));
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_new_is_no_fault_and_a_small_model_writes_it_anew_from_where_it_began() {
    let stub = "def double(a):\n    raise NotImplementedError\n";
    let test = "import unittest\nfrom calc import double\n\nclass T(unittest.TestCase):\n    def test_double(self):\n        self.assertEqual(double(4), 8)\n";
    let (wrong, right) = ("def double(a):\n    return a\n", "def double(a):\n    return 2 * a\n");
    let world = World::new(vec![
        plan("Write double", &["calc.py"], &["python3 -m unittest"]),
        code("Write double", &[("calc.py", wrong)]),
        code("Write double", &[("calc.py", wrong)]),
        code("Write double", &[("calc.py", right)]).when("Write the step anew"),
    ])
    .await;
    let url = world.model.openai_url();
    world.configure(&format!(
        "[models]\ndefault = \"scripted/model\"\n[providers.scripted]\nkind = \"openai\"\nbase_url = \"{url}\"\nsmall = true\n"
    ));
    world.file("calc.py", stub).file("test_calc.py", test).committed();
    let ran = world.run(&["run", "--yes", "Write double in calc.py, so that its test passes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.read("calc.py"), right);
    let anew = world.model.requests()[3].prompt();
    assert!(anew.contains(stub) && !anew.contains(wrong), "{anew}");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn once_all_files_were_looked_at_the_functions_in_them_are_named() {
    let world = shop(vec![
        code("Mend the price", &[("shop.py", SHOP)]),
        code("Mend the tax", &[("tax.py", TAX)]).when("The fault is in `tax.py`"),
        code("Mend the price", &[("shop.py", SHOP)]).when("The fault is in `shop.py`"),
        code("Mend the tax", &[("tax.py", RIGHT)]).when("in the function `with_tax` of `tax.py`"),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "The tests fail, mend the bug"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!((world.read("shop.py"), world.read("tax.py")), (SHOP.to_owned(), RIGHT.to_owned()));
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_that_only_ever_takes_the_test_away_does_not_end_the_search() {
    let gone = TEST.replace("120", "110");
    let none = &TEST[..TEST.find("    def test_price").unwrap()];
    let world = shop(vec![
        code("Mend the price", &[("shop.py", &SHOP.replace("(net)\n", "(net) + 1\n"))]),
        code("Mend the test", &[("test_shop.py", &gone)]),
        code("Mend the test", &[("test_shop.py", none)]).when("which are right"),
        code("Mend the tax", &[("tax.py", RIGHT)]).when("The fault is in `tax.py`"),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "The tests fail, mend the bug"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!((world.read("shop.py"), world.read("tax.py")), (SHOP.to_owned(), RIGHT.to_owned()));
    assert_eq!(world.read("test_shop.py"), TEST);
    world.model.finish();
}
