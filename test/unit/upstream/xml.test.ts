import { describe, expect, it } from 'vitest'
import { parseXml } from '../../../shared/upstream/xml-reader.ts'
import { shapeXml } from '../../../shared/upstream/xml-shape.ts'

const shape = {
  kind: 'xml',
  root: 'R',
  lists: {
    blobs: {
      path: 'Blobs/Blob',
      members: { name: 'Name', size: 'P/Size', etag: 'P/Etag', tags: { path: 'T/Tag', members: { key: 'Key' } } },
      numbers: ['size'],
      etag: 'etag',
    },
  },
  members: { next: 'Next' },
} as const
const read = (inner: string, objects?: readonly string[]) => shapeXml(parseXml(`<R>${inner}</R>`), { shape, objects })
const blob = (inner: string) => read(`<Blobs><Blob>${inner}</Blob></Blobs>`)

describe('an XML answer', () => {
  it('is read by its declared members, and nothing else of it', () => {
    const inner = '<Name>a</Name><P><Size>12</Size><Etag>0x1</Etag></P><CopySource>https://x/?sig=abc</CopySource>'
    const tags = '<T><Tag><Key>k</Key><Value>v</Value></Tag></T>'
    expect(blob(inner + tags)).toEqual({ blobs: [{ name: 'a', size: 12, etag: '"0x1"', tags: [{ key: 'k' }] }] })
  })

  it.each([
    ['the entities of XML', 'a &amp;amp; &lt;b&gt; &quot;&apos;', 'a &amp; <b> "\''],
    ['characters by number', '&#233;&#x8981;&#x1F600;', 'é要😀'],
    ['blanks around it', '  a b ', '  a b '],
    ['what looks like a number', '007', '007'],
    ['what looks like a truth', 'true', 'true'],
  ])('gives names as they are: %s', (_what, text, name) => {
    expect(blob(`<Name>${text}</Name>`)).toMatchObject({ blobs: [{ name }] })
  })

  it('decodes a name that says it is encoded, and no other', () => {
    expect(blob('<Name Encoded="true">a%EF%BF%BEb</Name>')).toMatchObject({ blobs: [{ name: 'a\ufffeb' }] })
    expect(blob('<Name>a%20b</Name>')).toMatchObject({ blobs: [{ name: 'a%20b' }] })
    expect(blob('<Name Encoded="true">%zz</Name>')).toMatchObject({ blobs: [{ name: '%zz' }] })
  })

  it('leaves out an empty marker, and a size that is none', () => {
    expect(read('<Blobs/><Next/>')).toEqual({ blobs: [] })
    expect(read('<Blobs/><Next>n</Next>')).toEqual({ blobs: [], next: 'n' })
    expect(blob('<Name>a</Name><P><Size>-1</Size></P>')).toEqual({ blobs: [{ name: 'a', tags: [] }] })
  })

  it('of another root is none', () => {
    expect(shapeXml(parseXml('<Error><Code>x</Code></Error>'), { shape, objects: undefined })).toBeNull()
  })

  it('loses the items that a deployment does not list', () => {
    const listing = { ...shape, lists: { all: { path: 'C', members: { name: 'Name' }, object: 'name' } } }
    const root = parseXml('<R><C><Name>a</Name></C><C><Name>b</Name></C><C/></R>')
    expect(shapeXml(root, { shape: listing, objects: ['b'] })).toEqual({ all: [{ name: 'b' }] })
    expect(shapeXml(root, { shape: listing, objects: [] })).toEqual({ all: [] })
  })

  it('may have a byte order mark and a declaration', () => {
    expect(parseXml('\ufeff<?xml version="1.0" encoding="utf-8"?>\n<R>x</R>')).toMatchObject({ name: 'R', text: 'x' })
  })

  const laughs = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><R>&b;</R>'
  it.each([
    ['entities of its own', laughs],
    ['an external entity', '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><R>&x;</R>'],
    ['an entity that nobody declares', '<R>&x;</R>'],
    ['an entity named as a member of every object', '<R>&constructor;</R>'],
    ['a bare ampersand', '<R>a & b</R>'],
    ['CDATA', '<R><![CDATA[x]]></R>'],
    ['a comment', '<R><!-- x --></R>'],
    ['an instruction', '<R><?php x ?></R>'],
    ['two roots', '<R/><R/>'],
    ['text beside the root', '<R/>x'],
    ['a tag that is not closed', '<R><A></R>'],
    ['a tag twice closed', '<R></R></R>'],
    ['an attribute twice', '<R a="1" a="2"/>'],
    ['nothing in it', ''],
    ['no markup', 'hello'],
    ['HTML', '<html><br></html>'],
    ['a character that is none', '<R>&#xD800;</R>'],
    ['an element named as the root of all objects', '<R><__proto__><x>1</x></__proto__></R>'],
    ['20 levels', '<a>'.repeat(20) + '</a>'.repeat(20)],
  ])('is refused with %s', (_what, text) => {
    expect(() => parseXml(text)).toThrow(Error)
  })

  it('of a thousand entries is read in a moment', () => {
    const many = '<Blob><Name>a&amp;b</Name><P><Size>1</Size></P></Blob>'.repeat(1000)
    const started = performance.now()
    expect((read(`<Blobs>${many}</Blobs>`) as { blobs: unknown[] }).blobs).toHaveLength(1000)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
