/** The output channel "Devika": what every task did, for people to read. */

import type { OutputChannel } from "vscode";
import type { EventRecord, TaskView } from "../protocol";
import type { View } from "../session";
import type { Task } from "../tasks";
import { Transcript } from "../transcript";

export class Log implements View {
  private readonly transcript = new Transcript();

  constructor(private readonly channel: OutputChannel) {}

  onEvent(_task: Task, record: EventRecord): void {
    this.channel.append(this.transcript.text(record));
  }

  onHistory(_task: Task, records: EventRecord[]): void {
    this.write(records, this.transcript);
  }

  /** Writes a task's history, and brings the log to the front. */
  review(task: TaskView): void {
    this.write(task.events, new Transcript());
    this.show();
  }

  /** Brings the log to the front; the keyboard stays with the editor. */
  show(): void {
    this.channel.show(true);
  }

  dispose(): void {
    this.channel.dispose();
  }

  private write(records: EventRecord[], transcript: Transcript): void {
    this.channel.append(records.map((record) => transcript.text(record)).join(""));
  }
}
