import * as check from './recognise-checks.ts'

/** One kind of identifier: where it may stand, and the check that makes it one. */
export interface Recogniser {
  readonly name: string
  readonly label: string
  /** Global; group 1, where there is one, is the word before it that gives it away and stays. */
  readonly pattern: RegExp
  readonly check?: (found: string) => boolean
}

const lengths: Readonly<Record<number, string>> = {
  15: 'NO',
  16: 'BE',
  18: 'DK FI NL',
  20: 'AT EE LT LU XK',
  21: 'CH HR LI LV',
  22: 'BG DE GB GE IE ME RS',
  23: 'IL AE',
  24: 'CZ ES RO SE SK MD SA',
  25: 'PT',
  26: 'IS TR',
  27: 'FR GR IT MC SM',
  28: 'AL CY HU LB PL',
  31: 'MT',
}
const ibans = Object.entries(lengths)
  .map(([length, countries]) => `(?:${countries.replaceAll(' ', '|')})\\d\\d(?:[ -]?[A-Z0-9]){${Number(length) - 4}}`)
  .join('|')

/** A word that says what follows, and up to three words between. */
const said = (words: string) => `(\\b(?:${words})\\b[^\\d\\n]{0,24}?)`
const date = String.raw`(?:\d{1,2}[./ -]\d{1,2}[./ -](?:19|20)?\d{2}|(?:19|20)\d{2}-\d{2}-\d{2}|\d{1,2}(?:st|nd|rd|th|er|\.)? \p{L}{3,10}\.? (?:19|20)\d{2}|\p{L}{3,9} \d{1,2}, (?:19|20)\d{2})`
const files = 'png|jpe?g|gif|svg|webp|css|js|ts|json|html?|pdf|xml|ya?ml|zip|mp[34]|local|internal|invalid'

/** What is looked for, in this order: the longer and better checked before what could be a part of it. */
export const recognisers: readonly Recogniser[] = [
  {
    name: 'email',
    label: 'pii.contact',
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}._%+'/=-])(?!git@)[\p{L}\p{N}._%+'-]{1,64}@(?!\d+x\.)(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.){1,6}(?!(?:${files})(?![\p{L}\p{N}]))\p{L}{2,24}(?![\p{L}\p{N}@])`,
      'giu',
    ),
  },
  {
    name: 'iban',
    label: 'pii.payment',
    pattern: new RegExp(`(?<![A-Z0-9])(?:${ibans})(?![A-Z0-9])`, 'gi'),
    check: check.isIban,
  },
  {
    name: 'card',
    label: 'pii.payment',
    pattern:
      /(?<![\w.,-])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}[ -]\d{6}[ -]\d{4,5})(?![\w-]|[.,]\d)/g,
    check: check.isCard,
  },
  {
    name: 'nir',
    label: 'pii.national_id',
    pattern: /(?<![\w.-])[1-478] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?![\w-])/gi,
    check: check.isFrenchNumber,
  },
  {
    name: 'be-number',
    label: 'pii.national_id',
    pattern: /(?<![\w.-])\d{2}[. /-]?\d{2}[. /-]?\d{2}[ .-]?\d{3}[ .-]?\d{2}(?![\w-])/g,
    check: check.isBelgianNumber,
  },
  {
    name: 'be-card',
    label: 'pii.national_id',
    pattern: /(?<![\w-])\d{3}-\d{7}-\d{2}(?![\w-])/g,
    check: check.isBelgianCard,
  },
  {
    name: 'be-vat',
    label: 'pii.national_id',
    pattern: /(?<!\w)BE[ -]?[01]?\d{3}[. ]?\d{3}[. ]?\d{3}(?![\w])/g,
    check: check.isBelgianEnterprise,
  },
  {
    name: 'nl-vat',
    label: 'pii.national_id',
    pattern: /(?<!\w)NL ?\d{4}\.?\d{2}\.?\d{3}\.?B\.?\d{2}(?!\w)/g,
    check: check.isDutchVat,
  },
  {
    name: 'bsn',
    label: 'pii.national_id',
    pattern: new RegExp(
      `${said('bsn|burgerservicenummer|sofi(?:-?nummer)?')}\\d{4}[. ]?\\d{2}[. ]?\\d{2,3}(?![\\w-])`,
      'gi',
    ),
    check: check.isDutchNumber,
  },
  {
    name: 'fr-vat',
    label: 'pii.national_id',
    pattern: /(?<!\w)FR ?\d{2} ?\d{3} ?\d{3} ?\d{3}(?!\w)/g,
    check: check.isFrenchVat,
  },
  {
    name: 'dni',
    label: 'pii.national_id',
    pattern: /(?<![\w.-])(?:\d{8}|\d{2}\.\d{3}\.\d{3}|[XYZ][ -]?\d{7})[ -]?[A-HJ-NP-TV-Z](?![\w-])/g,
    check: check.isSpanishNumber,
  },
  {
    name: 'de-vat',
    label: 'pii.national_id',
    pattern: /(?<!\w)DE ?\d{3} ?\d{3} ?\d{3}(?!\w)/g,
    check: (text) => check.passesMod1110(check.digitsOf(text)),
  },
  {
    name: 'de-number',
    label: 'pii.national_id',
    pattern: /(?<![\w.,-])\d{2} \d{3} \d{3} \d{3}(?! ?\d|\w)/g,
    check: check.isGermanNumber,
  },
  {
    name: 'de-number',
    label: 'pii.national_id',
    pattern: new RegExp(
      `${said('steuer(?:liche|-)? ?(?:id|identifikations?nummer|nummer)|steuer-?idnr|idnr|tax id|tin')}\\d{11}(?!\\w)`,
      'gi',
    ),
    check: check.isGermanNumber,
  },
  {
    name: 'ssn',
    label: 'pii.national_id',
    pattern: /(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-])/g,
    check: check.isAmericanNumber,
  },
  {
    name: 'ssn',
    label: 'pii.national_id',
    pattern: new RegExp(
      `${said('ssn|social security(?: number| no\\.?)?')}\\d{3}[ -]?\\d{2}[ -]?\\d{4}(?![\\w-])`,
      'gi',
    ),
    check: check.isAmericanNumber,
  },
  {
    name: 'nino',
    label: 'pii.national_id',
    pattern: /(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)/g,
  },
  {
    name: 'codice-fiscale',
    label: 'pii.national_id',
    pattern: /(?<!\w)[A-Z]{6}[\dLMNP-V]{2}[ABCDEHLMPRST][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z](?!\w)/gi,
    check: check.isItalianCode,
  },
  {
    name: 'ahv',
    label: 'pii.national_id',
    pattern: /(?<![\w.-])756\.?\d{4}\.?\d{4}\.?\d{2}(?!\w)/g,
    check: check.isSwissNumber,
  },
  {
    name: 'pesel',
    label: 'pii.national_id',
    pattern: new RegExp(`${said('pesel')}\\d{11}(?!\\w)`, 'gi'),
    check: check.isPolishNumber,
  },
  {
    name: 'passport',
    label: 'pii.national_id',
    pattern: new RegExp(
      `${said('passport|paspoort|passeport|reisepass|pasaporte|personalausweis|identiteitskaart|id card')}(?=[A-Z]*\\d)[A-Z0-9]{7,9}(?![\\w-])`,
      'gi',
    ),
  },
  {
    name: 'birth',
    label: 'pii.birth',
    pattern: new RegExp(
      `((?<!\\p{L})(?:born(?: on)?|date of birth|birth ?date|dob|d\\.o\\.b\\.|geboren(?: op| am)?|geboortedatum|geburtsdatum|geb\\.|née?(?: le)?|date de naissance|nacid[oa](?: el)?)[ :(=-]{1,4})${date}`,
      'giu',
    ),
  },
  {
    name: 'phone',
    label: 'pii.contact',
    pattern:
      /(?<![\w+./-])(?:\+|00(?=3[0-69]|4[0-9]|1[ .-]|35\d|42\d))[1-9]\d{0,2}[ ./-]?(?:\(0?\d{0,4}\)[ ./-]?)?\d(?:[ ./-]?\d){5,12}(?![\w]|-\d)/g,
    check: check.isPhone,
  },
  {
    name: 'phone',
    label: 'pii.contact',
    pattern:
      /(?<![\w+./-])(?:0[1-9](?:([ .])\d{2}){4}|04[5-9]\d[ ./]\d{2}[ .]\d{2}[ .]\d{2}|04[5-9]\d[ /]\d{6}|04[5-9]\d[ ./]\d{3}[ .]\d{3}|06[ -]\d{8}|06(?:[ -]\d{2}){4}|0\d{2}-\d{7}|\([2-9]\d{2}\) ?[2-9]\d{2}-\d{4}|[2-9]\d{2}[.-][2-9]\d{2}[.-]\d{4})(?![\w-]|[.,]\d)/g,
  },
  {
    name: 'phone',
    label: 'pii.contact',
    pattern: new RegExp(
      `${said('tel|tél|telefoon|telefon|phone|gsm|mobile|mobiel|cell|fax|whatsapp|call|bel|appel(?:ez|er)?|handy|mobil')}0\\d{1,3}[ ./-]?\\d{2,3}(?:[ ./-]?\\d{2,3}){2,3}(?![\\w-])`,
      'gi',
    ),
  },
]
