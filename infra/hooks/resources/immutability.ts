import { createArmImmutability } from '../../../shared/audit/arm-immutability.ts'
import type { Surroundings } from '../surroundings.ts'

/** Containers of sealed evidence: the anchors, and the reports. */
const containers = ['evidence', 'reports'] as const

/** The immutability policy of a container, as the nightly verification reads it too. */
export type ContainerPolicy = Awaited<ReturnType<ReturnType<typeof createArmImmutability>>>

/** The policies of an evidence account, read as whoever is signed in; `unknown` where one cannot be read. */
export function readPolicies(
  { endpoints, signIn, patience }: Surroundings,
  accountId: string,
): Promise<readonly ContainerPolicy[]> {
  const read = createArmImmutability({
    url: endpoints.arm,
    audience: endpoints.armScope.replace(/\/\.default$/, ''),
    credential: {
      getToken: async () => ({
        token: await signIn.token(endpoints.armScope),
        expiresOnTimestamp: Date.now() + 60_000,
      }),
    },
    accountId,
    timeout: patience.requestMs,
  })
  return Promise.all(containers.map((container) => read(container)))
}
