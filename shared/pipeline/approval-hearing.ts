import type { Approval, ApprovalStep } from '../approval/approval.ts'
import type { Ports } from './line.ts'

/** Tells whoever wants to hear that an approval has changed; by then it has, whatever becomes of the telling. */
export async function tellOfApproval(
  approval: Approval,
  step: ApprovalStep,
  { onApproval, log }: Pick<Ports, 'onApproval' | 'log'>,
): Promise<void> {
  try {
    await onApproval?.(approval, step)
  } catch {
    log('approval_untold', { reason: `${step} ${approval.request.id}` })
  }
}
