/** What a denied caller could do: change the call, sign in otherwise, ask for a grant, or stop. */
export type ReasonChange = 'input' | 'operation' | 'sign_in' | 'grant' | 'never'

interface Reason {
  readonly says: string
  readonly change: ReasonChange
  readonly advice: string
}

/** Every reason that a denial can carry. A policy's @reason has to be one of these. */
export const reasons = {
  not_permitted: {
    says: 'No policy permits this.',
    change: 'grant',
    advice: 'Ask the owner of the data for a policy that permits it.',
  },
  effect_exceeds_operation: {
    says: 'The call does more than its operation is declared to do.',
    change: 'operation',
    advice: 'Use an operation that is declared for this effect.',
  },
  too_many_objects: {
    says: 'The call touches more objects or labels than one decision covers.',
    change: 'input',
    advice: 'Split the call.',
  },
  not_understood: {
    says: 'The payload could not be understood.',
    change: 'input',
    advice: 'Send one plain statement without unusual functions or syntax.',
  },
  dangerous_statement: {
    says: 'The payload holds something dangerous.',
    change: 'input',
    advice: 'Leave out what is named under dangers.',
  },
  multiple_statements: {
    says: 'The payload holds several statements.',
    change: 'input',
    advice: 'Send one statement at a time.',
  },
  system_catalog: {
    says: "The payload touches the database's own catalogue.",
    change: 'operation',
    advice: 'List and describe tables with the operations made for it.',
  },
  admin_not_permitted: {
    says: 'Administration is not done by agents.',
    change: 'never',
    advice: 'An administrator does this without an agent.',
  },
  runs_as_other: {
    says: 'The backend would do the work as somebody else.',
    change: 'grant',
    advice: 'Ask the policy owner to name who may run it.',
  },
  app_only: {
    says: 'There is no person behind this call.',
    change: 'sign_in',
    advice: 'Let a person sign in and call on their behalf.',
  },
  agent_user_not_permitted: {
    says: "This agent's own user account is not let in.",
    change: 'grant',
    advice: 'Ask the policy owner to name it, or call on behalf of a person.',
  },
  not_as_the_person: {
    says: 'The backend cannot do this as the person.',
    change: 'never',
    advice: 'The catalogue says why; nobody can permit it.',
  },
  guest_no_personal_data: {
    says: 'Guests get no personal data.',
    change: 'input',
    advice: 'Leave out the fields with personal data.',
  },
  guest_may_not_change: {
    says: 'Guests change nothing.',
    change: 'never',
    advice: 'A member of the tenant does this.',
  },
  public_client_may_not_change: {
    says: 'This software cannot prove which software it is.',
    change: 'sign_in',
    advice: 'Call through an agent that authenticates itself.',
  },
  outside_hours: {
    says: 'This is not done at this hour.',
    change: 'never',
    advice: 'Repeat it within the hours that the policy names.',
  },
  weak_sign_in: {
    says: 'The sign-in was not strong enough.',
    change: 'sign_in',
    advice: 'Sign in with the authentication context that the policy names.',
  },
  egress_not_permitted: {
    says: 'The call would send data out of the company.',
    change: 'grant',
    advice: 'Ask the policy owner to name who may send it, and where to.',
  },
  personal_data_not_permitted: {
    says: 'The call touches personal data that is not for this person or agent.',
    change: 'input',
    advice: 'Leave out the fields with personal data.',
  },
  too_few_people: {
    says: 'The values of this data are shown for groups of people only.',
    change: 'input',
    advice: 'Ask for totals over enough rows.',
  },
  masked_data_used: {
    says: 'The call copies, compares or sorts by data that this person sees masked.',
    change: 'input',
    advice: 'Leave out the masked columns, or ask for the right to see them in clear.',
  },
  never_in_clear: { says: 'Nobody sees this in clear.', change: 'never', advice: 'Work with the masked value.' },
} as const satisfies Record<string, Reason>

/** The code of a reason: closed, snake_case. */
export type ReasonCode = keyof typeof reasons

/** Whether a word is a reason's code. */
export function isReasonCode(word: string): word is ReasonCode {
  return Object.hasOwn(reasons, word)
}
