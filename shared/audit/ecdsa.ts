const half = 32

/**
 * DER of an ECDSA signature on P-256 (RFC 3279 section 2.2.3) from its two halves of 32 bytes, as vaults and JWS give it.
 * Throws TypeError for another length.
 */
export function derOfSignature(halves: Uint8Array): Uint8Array {
  if (halves.length !== 2 * half) throw new TypeError('not a signature on P-256')
  const body = Buffer.concat([integer(halves.subarray(0, half)), integer(halves.subarray(half))])
  return Buffer.concat([Buffer.from([0x30, body.length]), body])
}

/** Without leading zeros, and with one where the number would read as negative. */
function integer(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const digits = bytes.subarray(start)
  const sign = (digits[0] ?? 0) >= 0x80 ? [0] : []
  return Buffer.concat([Buffer.from([0x02, sign.length + digits.length, ...sign]), digits])
}
