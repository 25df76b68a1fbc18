/**
 * Where a backend names the person (object id) behind one piece of work. Without `path` it is a member of the answer: if
 * it is there and names somebody else, the answer is withheld. With `path` (a `GET`, as in REST calls) it is asked
 * before the call, each time, and whatever does not name the person refuses the call: work that joins what somebody
 * started, such as a statement in a session, runs as whoever started it.
 */
export interface OperationProof {
  readonly oid: string
  readonly path?: string
  /** Query parameters of that `GET`, as they are. */
  readonly query?: Readonly<Record<string, string>>
}
