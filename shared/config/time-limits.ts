/** Longest times in milliseconds, each for one thing that a governed call waits for. */
export interface TimeLimits {
  /** One request to the tables of the book; a listing may take five of them in all. */
  readonly table: number
  /** A row until it is durable, with every repeat. */
  readonly append: number
  /** One request to the table of approvals. */
  readonly approval: number
  /** One secret of the vault, with its repeat and the token for it. */
  readonly vault: number
  /** One token of the managed identity, with its repeats. */
  readonly identity: number
  /** One exchange with the token service. */
  readonly exchange: number
  /** One download of signing keys. */
  readonly keys: number
  /** One question to the directory. */
  readonly graph: number
  /** One file of evidence or reports. */
  readonly evidence: number
  /** One exchange or one backend call; the platform's front end gives up at 230 s. */
  readonly call: number
}

/** What a deployment runs with. */
export const timeLimits: TimeLimits = {
  table: 1000,
  append: 2500,
  approval: 2000,
  vault: 3000,
  identity: 5000,
  exchange: 10_000,
  keys: 5000,
  graph: 5000,
  evidence: 10_000,
  call: 100_000,
}
