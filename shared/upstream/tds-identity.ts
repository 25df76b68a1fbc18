import type { IdentityProof } from '../audit/record.ts'
import type { Principal } from '../identity/principal.ts'
import { failWith } from './failure.ts'

/** What a server says of the session: its SID where the service tells it, who signed in, who acts now. */
export interface SeenLogin {
  readonly sid: Uint8Array | null
  readonly login: string
  readonly current: string
}

/**
 * Judges whom the server sees. The SID of an Entra user is the object id's sixteen bytes (Transact-SQL reference,
 * sys.server_principals), with the suffix AADE where the user was made from a login; it proves by itself. Where there is
 * none, or a group's stands in its place, the login must be the person's sign-in name, or the object id as guests have
 * it. Both names must be one: a session that acts as somebody else (EXECUTE AS) is somebody else. Throws Problem
 * `identity_mismatch`.
 */
export function judgeLogin(seen: SeenLogin, principal: Principal, now: number): IdentityProof {
  const bySid = isSid(seen.sid, principal.oid)
  const matches = seen.login !== '' && seen.login === seen.current && (bySid || isName(seen.login, principal))
  const method = bySid ? 'suser_sid' : 'suser_sname'
  const proof: IdentityProof = { source: 'backend', method, checkedAt: new Date(now).toISOString(), matches }
  if (matches) return proof
  const facts = { backendIds: {}, identity: proof }
  throw failWith({ code: 'identity_mismatch', fate: 'not_called', why: method, facts })
}

function isSid(sid: Uint8Array | null, oid: string): boolean {
  if (sid === null || ![16, 18].includes(sid.length)) return false
  if (sid.length === 18 && toHex(sid.subarray(16)) !== 'aade') return false
  return guidOf(sid.subarray(0, 16)) === oid.toLowerCase()
}

/** A GUID's text from its bytes: the first three groups are little-endian. */
function guidOf(bytes: Uint8Array): string {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  const hex = toHex(Uint8Array.from(order, (at) => bytes[at] ?? 0))
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function isName(login: string, { username, oid, tid }: Principal): boolean {
  const name = login.toLowerCase()
  const known = [username?.toLowerCase(), oid, `${oid}@${tid}`]
  return known.some((one) => one !== undefined && one !== '' && one === name)
}
