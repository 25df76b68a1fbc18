/** One value as the driver reads it, with the place after it. */
export interface ReadResult {
  readonly value: unknown
  readonly offset: number
}

/** The part of a column's metadata that decides how a value is read. */
export interface ValueMetadata {
  readonly type: { readonly name: string }
  readonly scale?: number | undefined
}

/** How the driver reads a value; throws where the buffer does not hold all of it yet. */
export type ReadValue = (
  ...place: readonly [bytes: Buffer, offset: number, metadata: ValueMetadata, options: unknown]
) => ReadResult

/**
 * Reads decimals and money as exact text, where the driver makes floating-point numbers of them: the driver still says
 * where a value ends, the bytes between are read again (MS-TDS 2.2.5.5.1.5 decimals, 2.2.5.5.1.2 money).
 */
export function readExactly(original: ReadValue): ReadValue {
  return (...place) => {
    const [bytes, offset, metadata] = place
    const { value, offset: end } = original(...place)
    const exact = value === null ? null : exactText(bytes.subarray(offset, end), metadata)
    return { value: exact ?? value, offset: end }
  }
}

function exactText(bytes: Buffer, { type, scale = 0 }: ValueMetadata): string | null {
  switch (type.name) {
    case 'DecimalN':
    case 'NumericN':
      return decimalText(bytes.subarray(1), scale)
    case 'Money':
    case 'SmallMoney':
      return moneyText(bytes)
    case 'MoneyN':
      return moneyText(bytes.subarray(1))
    case 'Variant':
      return variantText(bytes.subarray(4))
    default:
      return null
  }
}

/** Type bytes of what a sql_variant holds (MS-TDS 2.2.5.5.4). */
const decimals: readonly number[] = [0x6a, 0x6c]
const monies: readonly number[] = [0x3c, 0x7a]

function variantText(bytes: Buffer): string | null {
  const [type = 0, properties = 0] = bytes
  const value = bytes.subarray(2 + properties)
  if (decimals.includes(type)) return decimalText(value, bytes[3] ?? 0)
  return monies.includes(type) ? moneyText(value) : null
}

/** Sign (1 = positive), then the magnitude, little-endian. */
function decimalText(bytes: Buffer, scale: number): string {
  const magnitude = bytes.subarray(1).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n)
  return point(bytes[0] === 1 ? magnitude : -magnitude, scale)
}

/** Ten-thousandths; of eight bytes the high half comes first. */
function moneyText(bytes: Buffer): string {
  if (bytes.length === 4) return point(BigInt(bytes.readInt32LE(0)), 4)
  return point(BigInt(bytes.readInt32LE(0)) * 2n ** 32n + BigInt(bytes.readUInt32LE(4)), 4)
}

function point(units: bigint, scale: number): string {
  const negative = units < 0n
  const digits = String(negative ? -units : units).padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const text = scale === 0 ? whole : `${whole}.${digits.slice(-scale)}`
  return negative ? `-${text}` : text
}
