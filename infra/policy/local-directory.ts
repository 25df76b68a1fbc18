// What the groups of the policies mean in the embedded stack: its stand-in directory has fixed group ids. In a real
// tenant groups.json names the object ids.

import type { Directory } from '../../shared/policy/schema.ts'
import { groups, tenants } from '../local/personas.ts'

/** The directory of the embedded stack, over the (empty) names that the policy folder ships. */
export function localDirectory(shipped: Directory['groups']): Directory {
  return {
    homeTenant: tenants.home,
    groups: {
      ...shipped,
      'sales-emea': [groups.salesEmea],
      'sales-us': [groups.salesUs],
      hr: [groups.hr],
      approvers: [groups.approvers],
      egress: [groups.egress],
    },
  }
}
