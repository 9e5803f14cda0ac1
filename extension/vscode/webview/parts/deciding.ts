/** The user's decision on the changes of a file that wait for it. */
export interface Deciding {
  /** The numbers of those that are refused. */
  refused: ReadonlySet<number>;
  decide: (parts: readonly number[], accept: boolean) => void;
}
