/**
 * Whose identity does the work: the caller's (`person`, also where nothing is said), somebody else's (`other`), or that
 * of whoever a definition names, which is then read with the person's own token before the call is decided. Where it
 * cannot be read, or names anybody else, the call counts as `other`.
 */
export type RunsAs = 'person' | 'other' | RunnerLookup

/** Where the definition of a job, dashboard or connection says who it runs as. Paths as in REST calls. */
export interface RunnerLookup {
  /** `GET` of the definition. */
  readonly path: string
  /** JSON pointers to the runner in it; the first that is there counts. */
  readonly runner: readonly string[]
  /** Where the backend says who the person is, in the same words. */
  readonly me: { readonly path: string; readonly pointers: readonly string[] }
  /** Pointers to members that stand for the person where they are absent or null (`/settings/run_as` at some services). */
  readonly embedded?: readonly string[]
}
