/** What is looked at, in this order; what comes later makes no sense where an earlier one fails. */
export type Check = 'configuration' | 'scope' | 'host' | 'api' | 'permission' | 'consent' | 'exchange' | 'identity'

/** What can be found. Only `ok` and what begins with `not_tried` leave the exit code at 0. */
export type FindingCode =
  | 'ok'
  | 'backend_unknown'
  | 'configuration_wrong'
  | 'scope_unknown'
  | 'scope_missing'
  | 'host_not_allowed'
  | 'address_missing'
  | 'api_missing'
  | 'permission_missing'
  | 'consent_missing'
  | 'directory_unreadable'
  | 'exchange_refused'
  | 'backend_unreachable'
  | 'backend_refused'
  | 'wrong_person'
  | 'book_unavailable'
  | 'not_tried_policy'
  | 'not_tried_no_call'
  | 'not_tried_unknown'

/** One line of what the doctor says. */
export interface Finding {
  readonly backend: string
  readonly check: Check
  readonly code: FindingCode
  readonly detail: string
  /** What to do, in words; empty where there is nothing to do. */
  readonly next: string
}

const nextSteps: Readonly<Record<FindingCode, string>> = {
  ok: '',
  backend_unknown: 'Correct the name in COUNTERSIGN_BACKENDS: docs/backends.md lists all that there are.',
  configuration_wrong: 'Correct this place of COUNTERSIGN_BACKENDS: docs/backends.md says what the backend takes.',
  scope_unknown: 'Nobody has published the scope for this cloud: take the backend out, or ask its publisher.',
  scope_missing: 'Set the scope of the API in COUNTERSIGN_BACKENDS, as its registration names it.',
  host_not_allowed: 'Point the backend at a host of the publisher: docs/backends.md lists the suffixes.',
  address_missing: 'Set the address of the backend in COUNTERSIGN_BACKENDS.',
  api_missing:
    "Register the API's service principal in the tenant: an administrator signs in to it once, or adds it by its application id.",
  permission_missing:
    "The API does not offer this delegated permission in the tenant: check the permission's name, or the API's registration.",
  consent_missing:
    "Add the delegated permission to Countersign's registration, and have an administrator consent to it.",
  directory_unreadable: 'Sign in as somebody who may read applications in Graph (Application.Read.All), and try again.',
  exchange_refused:
    'Entra refused the on-behalf-of exchange: compare the registration, its federated credential and Conditional Access with docs/operating.md.',
  backend_unreachable: 'The backend did not answer: check its address, network and state.',
  backend_refused: "The backend took the token and refused the call: check the person's own rights in it.",
  book_unavailable:
    "The gateway could not write its book, and calls nobody then: look at its identity's roles on audit tables and vault.",
  wrong_person: 'Stop using the backend: it saw somebody else than the one who signed in.',
  not_tried_policy:
    'Nothing is wrong: policy permits this person no call, so that the exchange was not tried. Try as somebody who may.',
  not_tried_no_call:
    'Nothing is wrong: every call of this backend needs inputs of yours, so that the exchange was not tried.',
  not_tried_unknown: 'The declaration does not say which permission is needed, so that consent was not looked for.',
}

/** A finding with what to do about it. */
export function find(
  backend: string,
  check: Check,
  about: { readonly code: FindingCode; readonly detail: string },
): Finding {
  return { backend, check, ...about, next: nextSteps[about.code] }
}

/** Whether a finding is one that somebody has to do something about. */
export function isWrong({ code }: Finding): boolean {
  return code !== 'ok' && !code.startsWith('not_tried')
}
