/** Digits of a text, nothing else. */
export function digitsOf(text: string): string {
  return text.replaceAll(/\D/g, '')
}

/** ISO/IEC 7812-1, annex B: payment cards and others. */
function passesLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, at) => {
    const doubled = Number(digit) * (at % 2 === 0 ? 1 : 2)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return sum % 10 === 0
}

/** Remainder of a number that is too long for one, with letters counted from A = 10 (ISO 13616). */
function remainder97(text: string): number {
  let left = 0
  for (const char of text.toUpperCase()) {
    const value = Number.parseInt(char, 36)
    left = (left * (value > 9 ? 100 : 10) + value) % 97
  }
  return left
}

/** ISO 13616: the first four characters go to the end. */
export function isIban(text: string): boolean {
  const plain = text.replaceAll(/[ -]/g, '')
  return remainder97(plain.slice(4) + plain.slice(0, 4)) === 1
}

const cardRanges: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720))/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16, 19]],
  [/^3(?:0[0-5]|[68])/, [14]],
  [/^35(?:2[89]|[3-8])/, [16]],
]

/** A payment card: the range of a scheme, its length, and the check digit. */
export function isCard(text: string): boolean {
  const digits = digitsOf(text)
  const known = cardRanges.some(([start, lengths]) => start.test(digits) && lengths.includes(digits.length))
  return known && passesLuhn(digits) && new Set(digits).size > 1
}

/** Belgium, national register (and BIS) number: date, serial, 97 minus the remainder; from 2000 on with a 2 before it. */
export function isBelgianNumber(text: string): boolean {
  const digits = digitsOf(text)
  const [month, day] = [Number(digits.slice(2, 4)) % 20, Number(digits.slice(4, 6))]
  if (month > 12 || day > 31) return false
  const [number, check] = [digits.slice(0, 9), Number(digits.slice(9))]
  return [number, `2${number}`].some((each) => 97 - (Number(each) % 97) === check)
}

/** Belgium, enterprise number. */
export function isBelgianEnterprise(text: string): boolean {
  const digits = digitsOf(text).padStart(10, '0')
  return 97 - (Number(digits.slice(0, 8)) % 97) === Number(digits.slice(8))
}

/** Belgium, identity card and former account number: the first ten digits modulo 97, 97 for 0. */
export function isBelgianCard(text: string): boolean {
  const digits = digitsOf(text)
  return (Number(digits.slice(0, 10)) % 97 || 97) === Number(digits.slice(10))
}

/** Netherlands, citizen service number: the test of eleven. */
export function isDutchNumber(text: string): boolean {
  const digits = digitsOf(text).padStart(9, '0')
  const sum = [...digits].reduce((total, digit, at) => total + Number(digit) * (at === 8 ? -1 : 9 - at), 0)
  return sum % 11 === 0 && Number(digits) > 0
}

/** Netherlands, VAT number: of a citizen's number, or of one of its own with remainder 1 by 97. */
export function isDutchVat(text: string): boolean {
  const plain = text.replaceAll(/[ .]/g, '').toUpperCase()
  return isDutchNumber(plain.slice(2, 11)) || remainder97(plain) === 1
}

/** France, social security number: 97 minus the remainder; Corsica counts as 19 and 18. */
export function isFrenchNumber(text: string): boolean {
  const plain = text.replaceAll(/\s/g, '').toUpperCase().replace('2A', '19').replace('2B', '18')
  return /^\d{15}$/.test(plain) && 97 - remainder97(plain.slice(0, 13)) === Number(plain.slice(13))
}

/** France, VAT number over a company's number. */
export function isFrenchVat(text: string): boolean {
  const digits = digitsOf(text)
  const company = digits.slice(2)
  return (12 + 3 * (Number(company) % 97)) % 97 === Number(digits.slice(0, 2)) && passesLuhn(company)
}

/** Spain, identity number of citizens (DNI) and foreigners (NIE): a letter for the remainder by 23. */
export function isSpanishNumber(text: string): boolean {
  const plain = text.replaceAll(/[\s.-]/g, '').toUpperCase()
  const number = Number(plain.slice(0, -1).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter))))
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23] === plain.at(-1)
}

/** ISO 7064, MOD 11,10: Germany's tax identification and VAT numbers. */
export function passesMod1110(digits: string): boolean {
  let product = 10
  for (const digit of digits.slice(0, -1)) {
    const sum = (Number(digit) + product) % 10 || 10
    product = (sum * 2) % 11
  }
  return (11 - product) % 10 === Number(digits.at(-1))
}

/** Germany, tax identification number: one digit of the first ten stands twice or three times, the others once. */
export function isGermanNumber(text: string): boolean {
  const digits = digitsOf(text)
  const kinds = new Set(digits.slice(0, 10)).size
  return digits[0] !== '0' && (kinds === 9 || kinds === 8) && passesMod1110(digits)
}

/** United States, social security number (since 2011) or individual taxpayer number. */
export function isAmericanNumber(text: string): boolean {
  const digits = digitsOf(text)
  const [area, group, serial] = [Number(digits.slice(0, 3)), Number(digits.slice(3, 5)), Number(digits.slice(5))]
  if (area >= 900) return (group >= 50 && group <= 65) || (group >= 70 && group <= 99 && group !== 89 && group !== 93)
  return area > 0 && area !== 666 && group > 0 && serial > 0 && new Set(digits).size > 1
}

const odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]

/** Italy, tax code: a letter for the sum of its characters, those at odd places by a table. */
export function isItalianCode(text: string): boolean {
  const plain = text.toUpperCase()
  const sum = [...plain.slice(0, 15)].reduce((total, char, at) => {
    const value = /\d/.test(char) ? Number(char) : char.charCodeAt(0) - 65
    return total + (at % 2 === 0 ? (odd[value] ?? 0) : value)
  }, 0)
  return String.fromCharCode(65 + (sum % 26)) === plain.at(-1)
}

/** Switzerland, insurance number: an EAN-13 of the country 756. */
export function isSwissNumber(text: string): boolean {
  const digits = digitsOf(text)
  const sum = [...digits].reduce((total, digit, at) => total + Number(digit) * (at % 2 === 0 ? 1 : 3), 0)
  return sum % 10 === 0
}

/** Poland, PESEL: weights 1, 3, 7, 9. */
export function isPolishNumber(text: string): boolean {
  const digits = digitsOf(text)
  const weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]
  return weights.reduce((sum, weight, at) => sum + weight * Number(digits[at] ?? 0), 0) % 10 === 0
}

/** E.164: at most 15 digits, and enough of them to be a person's. */
export function isPhone(text: string): boolean {
  const { length } = digitsOf(text)
  return length >= 9 && length <= 15
}
