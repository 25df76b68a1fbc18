import * as z from 'zod'
import type { Surroundings } from '../surroundings.ts'

/** Containers of sealed evidence: the anchors, and the reports. */
const containers = ['evidence', 'reports'] as const

const policy = z.object({
  properties: z.object({
    state: z.enum(['Locked', 'Unlocked']),
    immutabilityPeriodSinceCreationInDays: z.int().min(0),
    allowProtectedAppendWrites: z.boolean().nullish(),
    allowProtectedAppendWritesAll: z.boolean().nullish(),
  }),
})

/** The immutability policy of a container ("Blob Containers - Get Immutability Policy"). */
export interface ContainerPolicy {
  readonly container: string
  readonly state: 'locked' | 'unlocked' | 'absent'
  readonly days: number
  readonly allowsAppends: boolean
}

/** Both policies of an evidence account, read as whoever is signed in; none, or one of zero days, is `absent`. */
export function readPolicies({ arm }: Surroundings, accountId: string): Promise<readonly ContainerPolicy[]> {
  const readOne = async (container: string): Promise<ContainerPolicy> => {
    const path = `${accountId}/blobServices/default/containers/${container}/immutabilityPolicies/default?api-version=2023-05-01`
    const found = await arm.find({ what: `the immutability policy of ${container}`, path, schema: policy })
    const { state, immutabilityPeriodSinceCreationInDays: days = 0, ...appends } = found?.properties ?? {}
    if (days === 0) return { container, state: 'absent', days, allowsAppends: false }
    const allowsAppends = Object.values(appends).includes(true)
    return { container, state: state === 'Locked' ? 'locked' : 'unlocked', days, allowsAppends }
  }
  return Promise.all(containers.map(readOne))
}
