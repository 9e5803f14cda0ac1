//! What a command may use is bounded, and it is told what it ran into.

use std::fs;
use std::time::Duration;

use devika_sandbox::{Exit, Limit, Limits};

use crate::life::within;
use crate::world::World;

#[tokio::test]
async fn a_fork_bomb_is_dead_soon() {
    let world = World::new().limits(Limits { processes: 100, ..Limits::default() });
    let life = world.life();
    // Bounded in depth, in case that nothing else bounds it.
    let bomb = "import os, time\nfor n in range(10): os.fork()\ntime.sleep(1000)\n";
    let line = format!("{}; {}", life.hold(), world.python(bomb));
    let outcome = world.run(&line).await;
    assert_eq!(outcome.exit, Exit::Limit(Limit::Processes));
    within(life.ended()).await;

    // Each waits for its children: what is left when the first one ends is ended with it.
    let control = "import os\nfor n in range(3): os.fork()\nprint(n, flush=True)\n\
                   try:\n  while True: os.wait()\nexcept ChildProcessError: pass\n";
    let outcome = world.plain(&world.python(control)).await;
    assert_eq!(outcome.output.lines().count(), 8);
}

#[tokio::test]
async fn a_command_that_fills_memory_is_ended() {
    let limits = Limits { memory_bytes: 200 << 20, ..Limits::default() };
    let world = World::new().limits(limits);
    let line =
        world.python("x = bytearray(400 << 20)\nimport time\ntime.sleep(1)\nprint('done')\n");
    assert_eq!(world.run(&line).await.exit, Exit::Limit(Limit::Memory));
    assert_eq!(world.plain(&line).await.output, "done\n");
}

#[tokio::test]
async fn memory_is_counted_over_all_processes() {
    let limits = Limits { memory_bytes: 200 << 20, ..Limits::default() };
    let world = World::new().limits(limits);
    let line = world.python(
        "import os, time\nfor n in range(4):\n  if not os.fork():\n    x = bytearray(70 << 20); time.sleep(5); os._exit(0)\n\
         time.sleep(5)\n",
    );
    assert_eq!(world.run(&line).await.exit, Exit::Limit(Limit::Memory));
}

#[tokio::test]
async fn a_folder_in_memory_has_a_bound_too() {
    let limits = Limits { memory_bytes: 50 << 20, ..Limits::default() };
    let world = World::new().limits(limits);
    for folder in ["/tmp", "/dev/shm", "/run", "$HOME"] {
        let line = format!("head -c 100M /dev/zero > {folder}/x || echo full");
        let output = world.run(&line).await.output;
        assert!(output.ends_with("full\n"), "{folder}: {output}");
    }
}

#[tokio::test]
async fn a_file_that_grows_too_large_is_told() {
    let limits = Limits { file_bytes: 10 << 20, ..Limits::default() };
    let world = World::new().limits(limits);
    for line in ["head -c 30M /dev/zero > big", "exec head -c 30M /dev/zero > big"] {
        assert_eq!(world.run(line).await.exit, Exit::Limit(Limit::FileSize), "{line}");
        assert_eq!(world.file("big").metadata().unwrap().len(), 10 << 20);
    }
    assert_eq!(world.plain("head -c 30M /dev/zero > big").await.exit, Exit::Code(0));
    assert_eq!(world.file("big").metadata().unwrap().len(), 30 << 20);
}

#[tokio::test]
async fn a_disk_is_not_filled_by_many_files_either() {
    let limits = Limits { disk_bytes: 50 << 20, ..Limits::default() };
    let world = World::new().limits(limits);
    let fill = "for n in $(seq 60); do head -c 10M /dev/urandom > f$n; done; sync; sleep 5";
    assert_eq!(world.run(fill).await.exit, Exit::Limit(Limit::Disk));
    let written: u64 = fs::read_dir(&world.command.workspace)
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(written >= 50 << 20, "{written}");
}

#[tokio::test]
async fn a_command_that_computes_for_ever_is_ended() {
    let limits = Limits { cpu_time: Duration::from_secs(1), ..Limits::default() };
    let world = World::new().limits(limits);
    let exit = world.run("while :; do :; done").await.exit;
    assert_eq!(exit, Exit::Limit(Limit::CpuTime));
    // Nor by many that each compute a little.
    let many = "while :; do (n=0; while [ $n -lt 5000 ]; do n=$((n+1)); done); done";
    assert_eq!(world.run(many).await.exit, Exit::Limit(Limit::CpuTime));
}

#[tokio::test]
async fn many_threads_are_no_processes() {
    let world = World::new().limits(Limits { processes: 20, ..Limits::default() });
    let line = world.python(
        "import threading, time\nts = [threading.Thread(target=time.sleep, args=(0.3,)) for n in range(100)]\n\
         [t.start() for t in ts]; [t.join() for t in ts]; print('done')\n",
    );
    assert_eq!(world.run(&line).await.output, "done\n");
}
