import { describe, expect, it } from 'vitest'
import { sampleSet } from '../../sample/sample-set.ts'
import { acceptanceCriteria } from './acceptance-criteria.ts'
import { broken } from './proposal.test-kit.ts'

const judge = (...criteria: string[]) => broken(acceptanceCriteria, { acceptance_criteria: criteria })

describe('acceptanceCriteria', () => {
  it('asks for one', () => {
    expect(judge()).toEqual(['criteria_missing'])
  })

  it.each([
    'It works',
    'Fixed',
    'Everything works as expected',
    'The problem is solved',
    'Bug is fixed and all is fine again',
    'Funktioniert wieder wie erwartet',
    'Fehler behoben',
    'Tout fonctionne correctement',
    'El problema está resuelto',
    'Tudo funciona',
    '正常に動作すること',
    '问题解决',
    'تم حل المشكلة',
    '',
  ])('finds nothing to test in "%s"', (criterion) => {
    expect(judge(criterion)).toEqual(['criterion_untestable'])
  })

  it.each([
    'An order over 500 EUR shows 19 % VAT',
    'Backup log ends with exit code 0',
    'Die Rechnung zeigt den neuen Steuersatz',
    'Le panier garde le bon de réduction',
    '領収書に会社名が印字されること',
    '搜索结果在 2 秒内显示',
    'تظهر رسوم التحويل في تقرير المالية',
  ])('can test "%s"', (criterion) => {
    expect(judge(criterion)).toEqual([])
  })

  it('can test every criterion of the sample set', () => {
    const failing = sampleSet().tickets.flatMap(({ acceptance_criteria: criteria }) =>
      criteria.filter((criterion) => judge(criterion).includes('criterion_untestable')),
    )
    expect(failing).toEqual([])
  })

  it.each([
    ['The product list loads faster on phones', ['criterion_unmeasured?']],
    ['The product list loads in 2 seconds, fast enough for phones', []],
    ['Die Suche im Lager ist benutzerfreundlich', ['criterion_unmeasured?']],
  ])('asks for a number in "%s"', (criterion, expected) => {
    expect(judge(criterion)).toEqual(expected)
  })

  it('names what stands there twice', () => {
    expect(judge('The cart shows the price', 'the CART shows the price ')).toEqual(['criterion_repeated?'])
  })
})
