//! What is read of a small source in each language.

use super::{Outline, outline, outline_of, parse};
use crate::language::Language;

/// The definitions of a text: the lines with all that belongs to them, then kind, name and signature.
fn read(language: Language, text: &str) -> String {
    let outline = outline_of(language, text);
    let mut symbols = outline.symbols.iter();
    let mut shown = String::new();
    for span in &outline.spans {
        let own = symbols.clone().next().filter(|symbol| span.title.ends_with(&symbol.name));
        let lines = format!("{}-{}", span.first + 1, span.last + 1);
        match own {
            Some(symbol) if qualified(language, symbol) == span.title => {
                symbols.next();
                let (kind, head) = (symbol.kind.word(), &symbol.signature);
                shown += &format!("{lines} {kind} {} | {}: {head}\n", span.title, symbol.line);
            }
            _ => shown += &format!("{lines} scope {}\n", span.title),
        }
    }
    assert_eq!(symbols.next(), None, "every symbol has a span:\n{shown}");
    shown
}

fn qualified(language: Language, symbol: &super::Symbol) -> String {
    if symbol.container.is_empty() {
        symbol.name.clone()
    } else {
        format!("{}{}{}", symbol.container, language.joint(), symbol.name)
    }
}

fn mentions(outline: &Outline) -> Vec<(&str, u32)> {
    outline.mentions.iter().map(|(name, count)| (name.as_str(), *count)).collect()
}

#[test]
fn rust() {
    let text = r#"//! A queue.
use std::fmt;

/// Waits its turn.
#[derive(Debug)]
pub struct Queue<T> {
    items: Vec<T>,
}

impl<T> Queue<T> {
    /// The next.
    pub fn next(
        &mut self,
    ) -> Option<T> {
        const STEP: usize = 1;
        fn inner() {}
        self.items.pop()
    }
}

impl<T> fmt::Debug for Queue<T> where T: Clone {
    fn fmt(&self) {}
}

pub const LIMIT: usize = 3;
pub trait Door { fn open(&self); }
mod elsewhere;
mod tests {
    fn works() {}
}
macro_rules! shout { () => {} }
"#;
    insta::assert_snapshot!(read(Language::Rust, text), @r##"
    4-8 struct Queue | 6: pub struct Queue<T>
    10-19 scope Queue
    11-18 method Queue::next | 12: pub fn next(&mut self) -> Option<T>
    16-16 function Queue::next::inner | 16: fn inner()
    21-23 scope Queue
    22-22 method Queue::fmt | 22: fn fmt(&self)
    25-25 constant LIMIT | 25: pub const LIMIT: usize = 3
    26-26 trait Door | 26: pub trait Door
    26-26 method Door::open | 26: fn open(&self)
    28-30 module tests | 28: mod tests
    29-29 function tests::works | 29: fn works()
    31-31 macro shout | 31: macro_rules! shout { () => {} }
    "##);
}

#[test]
fn python() {
    let text = r#"import os

LIMIT = 3

# Opens doors.
# Slowly.
@dataclass
class Door(Base):
    size = 1

    @property
    def open(self, wide: bool = True) -> bool:
        local = 1
        return os.path.exists(wide)

async def walk(a,
               b):
    def inner():
        pass
"#;
    insta::assert_snapshot!(read(Language::Python, text), @r##"
    3-3 variable LIMIT | 3: LIMIT = 3
    5-14 class Door | 8: class Door(Base)
    11-14 method Door.open | 12: def open(self, wide: bool = True) -> bool
    16-19 function walk | 16: async def walk(a, b)
    18-19 function walk.inner | 18: def inner()
    "##);
}

#[test]
fn javascript() {
    let text = r#"import x from "x";

/** Adds. */
export function add(a, b) { return a + b; }
export default class Door extends Base {
  #size = 1;
  open(wide) { const local = 1; return this.#size; }
}
export const twice = async (a) => add(a, a);
const LIMIT = 3, OTHER = 4;
function* walk() {}
const App = () => <Door open={true} />;
"#;
    insta::assert_snapshot!(read(Language::JavaScript, text), @r##"
    3-4 function add | 4: export function add(a, b)
    5-8 class Door | 5: export default class Door extends Base
    7-7 method Door.open | 7: open(wide)
    9-9 function twice | 9: export const twice = async (a)
    10-10 variable LIMIT | 10: const LIMIT = 3
    10-10 variable OTHER | 10: OTHER = 4
    11-11 function walk | 11: function* walk()
    12-12 function App | 12: const App = ()
    "##);
}

#[test]
fn typescript() {
    let text = r#"/** A door. */
export interface Door<T> { open(wide: boolean): T }
export type Size = "s" | "l";
export enum Side { Left, Right }
export abstract class Gate implements Door<Side> {
  constructor(private readonly size: Size) {}
  abstract close(): void;
  @log()
  open(wide: boolean): Side { return Side.Left; }
}
declare function legacy(a: string): void;
namespace inner { export const twice = (a: number): number => a * 2; }
"#;
    insta::assert_snapshot!(read(Language::TypeScript, text), @r##"
    1-2 interface Door | 2: export interface Door<T>
    3-3 alias Size | 3: export type Size = "s" | "l"
    4-4 enum Side | 4: export enum Side
    5-10 class Gate | 5: export abstract class Gate implements Door<Side>
    6-6 method Gate.constructor | 6: constructor(private readonly size: Size)
    7-7 method Gate.close | 7: abstract close(): void
    8-9 method Gate.open | 9: open(wide: boolean): Side
    11-11 function legacy | 11: declare function legacy(a: string): void
    12-12 module inner | 12: namespace inner
    12-12 function inner.twice | 12: export const twice = (a: number): number
    "##);
    insta::assert_snapshot!(
        read(Language::Tsx, "export const App = (p: P) => <Door size={p.size}/>;\n"), @r##"
    1-1 function App | 1: export const App = (p: P)
    "##);
}

#[test]
fn go() {
    let text = r#"package door

import "fmt"

// Door opens.
type Door[T any] struct {
	size int
}

type (
	Side int
	Opener interface { Open() error }
)

const Limit = 3

var ErrShut = fmt.Errorf("shut")

// Open opens it.
func (d *Door[T]) Open(wide bool) (error, int) {
	const step = 1
	return nil, d.size
}

func New() *Door[int] { return &Door[int]{} }
"#;
    insta::assert_snapshot!(read(Language::Go, text), @r##"
    5-8 struct Door | 6: type Door[T any] struct
    11-11 struct Side | 11: Side int
    12-12 struct Opener | 12: Opener interface { Open() error }
    15-15 constant Limit | 15: const Limit = 3
    17-17 variable ErrShut | 17: var ErrShut = fmt.Errorf("shut")
    19-23 method Door.Open | 20: func (d *Door[T]) Open(wide bool) (error, int)
    25-25 function New | 25: func New() *Door[int]
    "##);
}

#[test]
fn java() {
    let text = r#"package a.b;

/** A door. */
@Deprecated
public class Door extends Base implements Opener {
    private int size;
    public Door(int size) { this.size = size; }
    @Override
    public <T> T open(boolean wide) throws IOException { return null; }
    enum Side { LEFT }
    record Pair(int a, int b) {}
}
interface Opener { void open(); }
"#;
    insta::assert_snapshot!(read(Language::Java, text), @r##"
    3-12 class Door | 4: @Deprecated public class Door extends Base implements Opener
    7-7 method Door.Door | 7: public Door(int size)
    8-9 method Door.open | 8: @Override public <T> T open(boolean wide) throws IOException
    10-10 enum Door.Side | 10: enum Side
    11-11 struct Door.Pair | 11: record Pair(int a, int b)
    13-13 interface Opener | 13: interface Opener
    13-13 method Opener.open | 13: void open()
    "##);
}

#[test]
fn c() {
    let text = r#"#ifndef DOOR_H
#define DOOR_H
#define LIMIT 3
#define TWICE(a) ((a) * 2)

struct door {
    int size;
};

typedef struct { int a; } pair_t;
typedef int (*opener)(struct door *);
enum side { LEFT, RIGHT };

/* Opens. */
static int *door_open(struct door *self, int wide)
{
    struct door other;
    return &self->size;
}
int door_close(struct door *self);
#endif
"#;
    insta::assert_snapshot!(read(Language::C, text), @r##"
    3-3 macro LIMIT | 3: #define LIMIT 3
    4-4 macro TWICE | 4: #define TWICE(a) ((a) * 2)
    6-8 struct door | 6: struct door
    10-10 alias pair_t | 10: typedef struct { int a; } pair_t
    11-11 alias opener | 11: typedef int (*opener)(struct door *)
    12-12 enum side | 12: enum side
    14-19 function door_open | 15: static int *door_open(struct door *self, int wide)
    "##);
}

#[test]
fn cpp() {
    let text = r#"namespace house {
// A door.
template <typename T>
class Door : public Base {
public:
    Door(int size);
    ~Door() {}
    T open(bool wide) const { return size_; }
private:
    int size_;
};

template <typename T>
Door<T>::Door(int size) : size_(size) {}

int& count() { return total; }
using Size = int;
enum class Side { Left };
bool operator==(const Pair& a, const Pair& b) { return true; }
}
void house::shut(Side side) {}
"#;
    insta::assert_snapshot!(read(Language::Cpp, text), @r##"
    1-20 module house | 1: namespace house
    2-11 class house::Door | 3: template <typename T> class Door : public Base
    7-7 method house::Door::~Door | 7: ~Door()
    8-8 method house::Door::open | 8: T open(bool wide) const
    13-14 function house::Door::Door | 13: template <typename T> Door<T>::Door(int size) : size_(size)
    16-16 function house::count | 16: int& count()
    17-17 alias house::Size | 17: using Size = int
    18-18 enum house::Side | 18: enum class Side
    19-19 function house::operator== | 19: bool operator==(const Pair& a, const Pair& b)
    21-21 function house::shut | 21: void house::shut(Side side)
    "##);
}

#[test]
fn c_sharp() {
    let text = r#"using System;
namespace House.Doors
{
    /// <summary>A door.</summary>
    [Serializable]
    public class Door : Base, IOpener
    {
        public int Size { get; set; }
        public Door(int size) { Size = size; }
        public async Task<bool> Open(bool wide) => await Wait(wide);
    }
    public interface IOpener { Task<bool> Open(bool wide); }
    public record Pair(int A, int B);
    public enum Side { Left }
    public delegate void Opened(Door door);
}
"#;
    insta::assert_snapshot!(read(Language::CSharp, text), @r##"
    2-16 module House.Doors | 2: namespace House.Doors
    4-11 class House.Doors.Door | 5: [Serializable] public class Door : Base, IOpener
    8-8 property House.Doors.Door.Size | 8: public int Size { get; set; }
    9-9 method House.Doors.Door.Door | 9: public Door(int size)
    10-10 method House.Doors.Door.Open | 10: public async Task<bool> Open(bool wide)
    12-12 interface House.Doors.IOpener | 12: public interface IOpener
    12-12 method House.Doors.IOpener.Open | 12: Task<bool> Open(bool wide)
    13-13 struct House.Doors.Pair | 13: public record Pair(int A, int B)
    14-14 enum House.Doors.Side | 14: public enum Side
    15-15 alias House.Doors.Opened | 15: public delegate void Opened(Door door)
    "##);
}

#[test]
fn ruby() {
    let text = r#"require "set"

module House
  LIMIT = 3

  # A door.
  class Door < Base
    attr_reader :size

    def initialize(size)
      local = size
      @size = size
    end

    def self.open(wide: true) = new(1)
  end
end

def shut(door)
  door.close
end
"#;
    insta::assert_snapshot!(read(Language::Ruby, text), @r##"
    3-17 module House | 3: module House
    4-4 constant House::LIMIT | 4: LIMIT = 3
    6-16 class House::Door | 7: class Door <Base
    10-13 method House::Door::initialize | 10: def initialize(size)
    15-15 method House::Door::open | 15: def self.open(wide: true)
    19-21 function shut | 19: def shut(door)
    "##);
}

#[test]
fn php() {
    let text = r#"<?php
namespace House;

const LIMIT = 3;

/** A door. */
#[Heavy]
final class Door extends Base implements Opener
{
    const SIZE = 1;
    private int $size;

    public function open(bool $wide): ?Side { return Side::of($this->size); }
}
interface Opener { public function open(bool $wide): ?Side; }
trait Loud {}
enum Side: string { case Left = 'l'; }
function shut(Door $door): void {}
"#;
    insta::assert_snapshot!(read(Language::Php, text), @r##"
    4-4 constant LIMIT | 4: const LIMIT = 3
    6-14 class Door | 7: #[Heavy] final class Door extends Base implements Opener
    10-10 constant Door::SIZE | 10: const SIZE = 1
    13-13 method Door::open | 13: public function open(bool $wide): ?Side
    15-15 interface Opener | 15: interface Opener
    15-15 method Opener::open | 15: public function open(bool $wide): ?Side
    16-16 trait Loud | 16: trait Loud
    17-17 enum Side | 17: enum Side: string
    18-18 function shut | 18: function shut(Door $door): void
    "##);
}

#[test]
fn what_a_text_mentions_is_counted_other_than_where_it_is_defined() {
    let text = "fn open(door: Door) { door.swing(WIDE); door.swing(open) }\n// swing\n";
    let outline = outline_of(Language::Rust, text);
    assert_eq!(
        mentions(&outline),
        [("Door", 1), ("WIDE", 1), ("door", 3), ("open", 1), ("swing", 2)]
    );
}

#[test]
fn a_broken_text_still_shows_what_is_whole() {
    let text = "fn a() {}\n\nfn b( { ]]\n\nstruct C;\n";
    let names: Vec<String> =
        outline_of(Language::Rust, text).symbols.into_iter().map(|s| s.name).collect();
    assert!(names.contains(&"a".to_owned()) && names.contains(&"C".to_owned()), "{names:?}");
}

#[test]
fn a_text_that_is_nested_without_end_is_read_without_recursion() {
    for text in ["(".repeat(200_000), "{ function a() ".repeat(20_000), "[".repeat(100_000)] {
        // What counts is that it comes back.
        let tree = parse(Language::JavaScript, &text, None);
        drop(tree.map(|tree| outline(Language::JavaScript, &text, &tree)));
    }
}
