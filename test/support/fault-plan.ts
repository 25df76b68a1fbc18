/** What can befall one exchange. A request that is `late` reaches the service when we have given up; a `slow` one at once. */
export const failures = [
  'request lost',
  'reply lost',
  'late',
  'slow',
  '412',
  '429',
  '429 wait',
  '503',
  'garbled',
  'truncated',
  'wrong type',
] as const
export type Failure = (typeof failures)[number]

export const services = [
  'signing keys',
  'managed identity',
  'vault',
  'book',
  'approvals',
  'state',
  'emergency access',
  'token service',
  'directory',
  'orders',
  'postgres',
  'notices',
  'usage',
] as const
export type Service = (typeof services)[number]

/** One exchange of a governed call: the `nth` (from 0) of its label within the call. */
export interface Exchange {
  readonly service: Service
  readonly label: string
  readonly nth: number
}

/** The failure that one exchange meets; `lasting`: and every later one with that service until the fault is cleared. */
export interface Fault extends Exchange {
  readonly failure: Failure
  readonly lasting: boolean
}

/** An exchange as it went: whether the request got to the service, and for whose decision it was. */
export interface Seen extends Exchange {
  readonly decisionId: string | null
  reached: boolean
  /** For what a backend or the token service is asked: whether the intent was in the book when the request got there. */
  durable: boolean | null
  failure: Failure | null
  /** Whether it is over. */
  done: boolean
}

/** What passes between one gateway and its services, and what is to go wrong there. */
export interface Plan {
  /** From now on this fault, if any, is waited for; gives what was seen since the last time. */
  readonly arm: (fault: Fault | null) => readonly Seen[]
  /** Enters an exchange and says what befalls it. */
  readonly meet: (service: Service, label: string, decisionId?: string | null) => Seen
  /** Whether nothing is under way, and nothing has begun for a while. */
  readonly isQuiet: () => boolean
  /** Whether the fault was met. */
  readonly isMet: () => boolean
  /** Whether the intent of that decision is in the book now. */
  readonly isDurable: (decisionId: string) => Promise<boolean>
}

/** Longer than a pause between two attempts at a table of state. */
const quietMs = 350
/** Longer than a busy machine takes to load a library. */
const longQuietMs = 3000

/** A plan without a fault. */
export function createPlan(isDurable: Plan['isDurable']): Plan {
  let seen: Seen[] = []
  let fault: Fault | null = null
  let struck = false
  let last = 0
  const strikes = (service: Service, label: string, nth: number): boolean => {
    if (fault === null) return false
    if (fault.lasting && struck) return service === fault.service
    struck ||= fault.service === service && fault.label === label && fault.nth === nth
    return fault.service === service && fault.label === label && fault.nth === nth
  }
  return {
    isDurable,
    isQuiet: () => seen.every(({ done }) => done) && Date.now() - last > (fault === null ? longQuietMs : quietMs),
    isMet: () => fault === null || struck,
    arm: (next) => {
      const before = seen
      seen = []
      fault = next
      struck = false
      return before
    },
    meet: (service, label, decisionId = null) => {
      const nth = seen.filter((one) => one.service === service && one.label === label).length
      const failure = strikes(service, label, nth) ? (fault?.failure ?? null) : null
      const one: Seen = { service, label, nth, decisionId, reached: false, durable: null, failure, done: false }
      last = Date.now()
      seen.push(one)
      return one
    },
  }
}
