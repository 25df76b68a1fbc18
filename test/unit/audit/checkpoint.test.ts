import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  checkpointText,
  formatCheckpoint,
  keyFingerprint,
  noteKeyId,
  openCheckpoint,
  parseCheckpoint,
} from '../../../shared/audit/checkpoint.ts'

const origin = 'countersign/00000000-0000-4000-8000-000000000001'
const makeKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const { privateKey, publicKey } = makeKey()
const checkpoint = { origin, size: 48_213, root: Buffer.alloc(32, 7) }
const signWith = (key: typeof privateKey, text: Uint8Array) => sign('sha256', text, key)
const line = (key = privateKey, name = origin) => ({
  name,
  keyId: noteKeyId(createPublicKey(key)),
  signature: signWith(key, checkpointText(checkpoint)),
})
const note = formatCheckpoint(checkpoint, line())
const open = (text: string) => openCheckpoint(text, { origin, publicKey })
const signatureOf = (text: string) => text.slice(text.indexOf('\n\n') + 2)

describe('a checkpoint', () => {
  it('is three lines, an empty one and a signature that starts with the key id', () => {
    const [first, size, root, empty, signed, end] = note.split('\n')
    expect([first, size, root, empty, end]).toEqual([origin, '48213', checkpoint.root.toString('base64'), '', ''])
    const blob = Buffer.from(signed?.split(' ')[2] ?? '', 'base64')
    expect(signed?.startsWith(`— ${origin} `)).toBe(true)
    expect(blob.subarray(0, 4).toString('hex')).toBe(keyFingerprint(publicKey).slice(0, 8))
  })

  it('opens with the key that signed it', () => {
    const opened = open(note)
    expect(opened).toEqual({ ...checkpoint, root: expect.anything() })
    expect(Buffer.compare(opened?.root ?? Buffer.alloc(0), checkpoint.root)).toBe(0)
  })

  it("opens though a witness' line stands beside the log's", () => {
    const witness = makeKey()
    const cosigned = note + signatureOf(formatCheckpoint(checkpoint, line(witness.privateKey, 'witness.example')))
    expect(open(cosigned)?.size).toBe(48_213)
  })

  it.each([
    ['another key', formatCheckpoint(checkpoint, line(makeKey().privateKey))],
    [
      'another key under the id of this one',
      formatCheckpoint(checkpoint, { ...line(makeKey().privateKey), keyId: noteKeyId(publicKey) }),
    ],
    ['another name', formatCheckpoint(checkpoint, line(privateKey, 'countersign/other'))],
    ['another size', note.replace('48213', '48214')],
    ['another root', note.replace(checkpoint.root.toString('base64'), Buffer.alloc(32, 8).toString('base64'))],
    ['another origin', note.replaceAll(origin, 'countersign/other')],
    [
      'a good and a bad line of this key',
      note + signatureOf(formatCheckpoint(checkpoint, { ...line(), signature: Buffer.alloc(70) })),
    ],
    ['no signature', note.slice(0, note.indexOf('\n\n') + 2)],
    ['an extension line', note.replace('\n\n', '\nmore\n\n')],
    ['a size with a leading zero', note.replace('48213', '048213')],
    ['a size beyond all numbers', note.replace('48213', '9007199254740993')],
    ['a hyphen for the dash', note.replace('—', '-')],
    ['white space at the end', `${note} `],
    ['no last newline', note.slice(0, -1)],
    ['carriage returns', note.replaceAll('\n', '\r\n')],
    ['a root of 31 bytes', note.replace(checkpoint.root.toString('base64'), Buffer.alloc(31, 7).toString('base64'))],
    [
      'another spelling of the root',
      note.replace(checkpoint.root.toString('base64'), checkpoint.root.toString('base64').replace(/.=$/, 'd=')),
    ],
    ['nothing', ''],
  ])('does not open with %s', (_, text) => {
    expect(open(text)).toBeNull()
  })

  it('is not parsed beyond 64 KiB or 16 signatures', () => {
    expect(parseCheckpoint(note + signatureOf(note).repeat(15))?.signatures).toHaveLength(16)
    expect(parseCheckpoint(note + signatureOf(note).repeat(16))).toBeNull()
    expect(parseCheckpoint(`${'a'.repeat(70_000)}\n${note.slice(note.indexOf('\n') + 1)}`)).toBeNull()
  })

  it.each([
    ['a space in the origin', { ...checkpoint, origin: 'a b' }],
    ['a newline in the origin', { ...checkpoint, origin: 'a\nb' }],
    ['a plus in the origin', { ...checkpoint, origin: 'a+b' }],
    ['an empty origin', { ...checkpoint, origin: '' }],
    ['a fraction for a size', { ...checkpoint, size: 1.5 }],
    ['a short root', { ...checkpoint, root: Buffer.alloc(20) }],
  ])('is not made with %s', (_, wrong) => {
    expect(() => checkpointText(wrong)).toThrow(TypeError)
  })
})
