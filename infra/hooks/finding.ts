/** `note` and `ok` ask nothing of anybody; `warning` is legal and hardly meant; `wrong` ends with exit code 1. */
export type State = 'ok' | 'note' | 'warning' | 'wrong'

/** What was looked at: a part of the deployment, or a backend by its name; and for what. */
export interface Place {
  readonly subject: string
  readonly check: string
}

/** What was found, in words of ours: never a token, a key or a claim's value. */
export interface Said {
  readonly code: string
  readonly detail: string
  /** What to do: a command, or a place in the portal. */
  readonly next: string
}

/** One line of a hook's report. */
export interface Finding extends Place, Said {
  readonly state: State
}

export function ok(place: Place, detail: string): Finding {
  return { ...place, state: 'ok', code: 'ok', detail, next: '' }
}

export function note(place: Place, said: Said): Finding {
  return { ...place, state: 'note', ...said }
}

export function warn(place: Place, said: Said): Finding {
  return { ...place, state: 'warning', ...said }
}

export function wrong(place: Place, said: Said): Finding {
  return { ...place, state: 'wrong', ...said }
}
