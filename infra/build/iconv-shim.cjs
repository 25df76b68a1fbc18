// What database drivers find in place of `iconv-lite` (some 490 KB of minified tables): Node's own TextDecoder, which knows
// the same code pages by other names, and three that it does not, two of them of MS-DOS. Texts are sent as UTF-16 or UTF-8 only.
const tables = {
  cp437:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0',
  cp850:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0',
}

// Node's own decoder of this one gives control characters for its first 32.
const latin = Array.from({ length: 96 }, (_none, at) => String.fromCharCode(0xa0 + at)).join('')
tables.cp1252 = `€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ${latin}`

const others = { cp932: 'shift_jis', cp936: 'gbk', cp949: 'euc-kr', cp950: 'big5', cp874: 'windows-874', ucs2: 'utf-16le' }

function labelOf(encoding) {
  const name = encoding.toLowerCase()
  return others[name] ?? name.replace(/^cp(125\d)$/, 'windows-$1')
}

function decode(bytes, encoding) {
  const table = tables[encoding.toLowerCase()]
  if (table === undefined) return new TextDecoder(labelOf(encoding)).decode(bytes)
  return Array.from(bytes, (byte) => (byte < 128 ? String.fromCharCode(byte) : table[byte - 128])).join('')
}

function encode(text, encoding) {
  const name = encoding.toLowerCase().replace('-', '')
  if (name === 'utf8' || name === 'latin1' || name === 'ascii') return Buffer.from(text, name)
  throw new Error('no text is sent in this encoding')
}

function getDecoder(encoding) {
  return { write: (bytes) => decode(bytes, encoding), end: () => '' }
}

function getEncoder(encoding) {
  return { write: (text) => encode(text, encoding), end: () => undefined }
}

module.exports = { decode, encode, getDecoder, getEncoder }
