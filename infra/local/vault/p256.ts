/**
 * ECDSA over P-256 on a ready-made digest, as Key Vault's sign and verify take it (FIPS 186-5, section 6.4). Node signs
 * only messages, never digests, so the modular arithmetic is here and the curve is OpenSSL's through ECDH. The
 * arithmetic is not constant-time: good for a stand-in on loopback, for nothing else.
 */
import { createECDH } from 'node:crypto'

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const size = 32

const toNumber = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
const toBytes = (value: bigint) => Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex')
const modulo = (value: bigint) => ((value % order) + order) % order

/** Inverse modulo the group order, by Euclid's algorithm. */
function invert(value: bigint): bigint {
  let [a, b, x, y] = [modulo(value), order, 1n, 0n]
  while (b !== 0n) {
    const quotient = a / b
    ;[a, b] = [b, a - quotient * b]
    ;[x, y] = [y, x - quotient * y]
  }
  return modulo(x)
}

/** The x coordinate, modulo the order, of scalar times base point. */
function baseTimes(scalar: bigint): bigint {
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(toBytes(scalar))
  return modulo(toNumber(curve.getPublicKey().subarray(1, 1 + size)))
}

function drawNonce(): bigint {
  const curve = createECDH('prime256v1')
  curve.generateKeys()
  return toNumber(curve.getPrivateKey())
}

/** r and s, 32 bytes each, over a 32-byte digest; `secret` is the private scalar (`d` of the JWK). */
export function signDigest(secret: Uint8Array, digest: Uint8Array): Buffer {
  const nonce = drawNonce()
  const r = baseTimes(nonce)
  const s = modulo(invert(nonce) * (toNumber(digest) + r * toNumber(secret)))
  // Zero has a chance of one in 2^256; the standard wants it drawn anew.
  return r === 0n || s === 0n ? signDigest(secret, digest) : Buffer.concat([toBytes(r), toBytes(s)])
}

/**
 * Whether a signature fits. The vault holds the secret, so u1·G + u2·Q is one multiplication of the base point by
 * u1 + u2·d.
 */
export function verifyDigest(secret: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== size * 2) return false
  const [r, s] = [toNumber(signature.subarray(0, size)), toNumber(signature.subarray(size))]
  if (r === 0n || s === 0n || r >= order || s >= order) return false
  const inverse = invert(s)
  const scalar = modulo(inverse * toNumber(digest) + inverse * r * toNumber(secret))
  return scalar !== 0n && baseTimes(scalar) === r
}
