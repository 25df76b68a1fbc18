import { describe, expect, it } from 'vitest'
import { readAnnotations } from '../../../shared/policy/annotations.ts'

const read = (annotation: Record<string, string>) =>
  readAnnotations({ id: 'a-policy', title: 'A policy', ...annotation })

describe('a demand to mask', () => {
  it.each([
    [{ mask: 'pii.contact=token' }, { kind: 'mask', label: 'pii.contact', strategy: 'token' }],
    [{ mask: 'pii=token:research' }, { kind: 'mask', label: 'pii', strategy: 'token', purpose: 'research' }],
    [{ mask: 'pii=bucket' }, { kind: 'mask', label: 'pii', strategy: 'bucket' }],
    [{ aggregate: 'pii.compensation:10' }, { kind: 'aggregate', label: 'pii.compensation', k: 10 }],
  ])('is read from %j', (annotation, obligation) => {
    const [[name, value] = ['', '']] = Object.entries(annotation)
    expect(read(annotation).demand).toEqual({ token: `${name}:${value}`, obligation })
  })

  it.each([
    { mask: 'pii=hash' },
    { mask: 'pii=drop:research' },
    { mask: 'pii=token:' },
    { mask: 'pii=token:A b' },
    { aggregate: 'pii' },
    { aggregate: 'pii:1' },
    { aggregate: 'pii:01' },
    { aggregate: 'PII:10' },
  ])('is refused as %j', (annotation) => {
    expect(() => read(annotation)).toThrow(expect.objectContaining({ code: 'policy_unavailable' }))
  })
})
