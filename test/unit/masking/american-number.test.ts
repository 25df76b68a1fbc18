import { describe, expect, it } from 'vitest'
import { isAmericanNumber } from '../../../shared/masking/recognise-checks.ts'

describe('an American number', () => {
  it.each([
    ['536-90-4399', true],
    ['000-90-4399', false],
    ['666-90-4399', false],
    ['536-00-4399', false],
    ['536-90-0000', false],
    ['111-11-1111', false],
  ])('or not is %s', (text, expected) => {
    expect(isAmericanNumber(text)).toBe(expected)
  })
})
