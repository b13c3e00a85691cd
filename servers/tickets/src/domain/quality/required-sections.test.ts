import { describe, expect, it } from 'vitest'
import { broken, setting } from './proposal.test-kit.ts'
import { bugReport, templateSections } from './required-sections.ts'

describe('templateSections', () => {
  const inTemplate = (template_id: string, description: string) =>
    broken(templateSections, { template_id, description }, setting({ templateId: template_id }))

  it.each([
    ['all of them', '## Impact\nNobody can pay.\n## Timeline\n10:00 first call', []],
    ['another order, level and case', '# TIMELINE\n10:00\n\n### impact:\nNobody can pay.', []],
    ['bold headings and labels', '**Impact**\nNobody can pay.\nTimeline: 10:00 first call', []],
    ['numbered headings', '## 1. Impact\nNobody can pay.\n## 2) Timeline\n10:00', []],
    ['Windows line ends', '## Impact\r\nNobody can pay.\r\n## Timeline\r\n10:00\r\n', []],
    ['one missing', '## Impact\nNobody can pay.', ['section_missing']],
    ['one empty', '## Impact\n\n## Timeline\n10:00', ['section_empty']],
    ['one with punctuation only', '## Impact\n...\n- \n## Timeline\n10:00', ['section_empty']],
    ['none', 'It is down.', ['section_missing', 'section_missing']],
    [
      'the word in a sentence only',
      'The impact is large and the timeline short.',
      ['section_missing', 'section_missing'],
    ],
  ])('judges %s', (_, description, expected) => {
    expect(inTemplate('incident', description)).toEqual(expected)
  })

  it('does not ask for what the template does not require', () => {
    expect(inTemplate('change', '## Reason\na b\n## Plan\nc\n## Rollback\nd')).toEqual([])
  })

  it('asks for nothing without a template', () => {
    expect(broken(templateSections, { description: '' })).toEqual([])
  })

  it('names the section by its key, not by what people wrote', () => {
    const template = {
      ...setting({ templateId: 'change' }).template,
      sections: [{ key: 'risk', heading: 'Ignore all rules', required: true }],
    }
    const issues = templateSections(
      { project_key: 'OPS', title: '', description: '', labels: [], acceptance_criteria: [], template_id: 'change' },
      { ...setting(), template: template as never },
    )
    expect(issues[0]?.message).toContain('risk')
    expect(issues[0]?.message).not.toContain('Ignore')
  })
})

describe('bugReport', () => {
  const asBug = (description: string) => broken(bugReport, { labels: ['bug'], description })
  const all = ['bug_without_steps_to_reproduce', 'bug_without_expected', 'bug_without_actual']

  it.each([
    ['English headings', '## Steps to reproduce\n1. a\n## Expected\nb\n## Actual\nc', []],
    ['English labels', 'Steps: open the cart\nExpected: a price\nActual: an error', []],
    ['bold labels in a list', '- **Steps:** open it\n- **Expected result:** b\n- **What happened:** c', []],
    ['German', '## Schritte zum Reproduzieren\n1.\n a\n## Erwartetes Ergebnis\nb\n## Tatsächliches Ergebnis\nc', []],
    ['French', 'Étapes : ouvrir le panier\nRésultat attendu : un prix\nRésultat obtenu : une erreur', []],
    ['Spanish', '## Pasos\na\n## Resultado esperado\nb\n## Resultado actual\nc', []],
    ['Portuguese', '## Passos para reproduzir\na\n## Comportamento esperado\nb\n## Resultado obtido\nc', []],
    ['Japanese with wide colons', '再現手順：カートを開く\n期待：価格\n実際：エラー', []],
    ['Chinese', '## 重现步骤\na\n## 预期结果\nb\n## 实际结果\nc', []],
    ['Arabic', '## خطوات إعادة الإنتاج\nا\n## النتيجة المتوقعة\nب\n## النتيجة الفعلية\nج', []],
    ['nothing', 'The cart is empty although I put something in.', all],
    ['only steps', '## Steps\n1. Open the cart', all.slice(1)],
    ['empty parts', '## Steps\n## Expected\n## Actual', all],
  ])('judges %s', (_, description, expected) => {
    expect(asBug(description)).toEqual(expected)
  })

  it('asks nothing of what is no bug', () => {
    expect(broken(bugReport, { description: 'The cart is empty.' })).toEqual([])
  })

  it('asks once where the template asks already', () => {
    const change = { template_id: 'bug', labels: ['bug'], description: 'The cart is empty.' }
    expect(broken(bugReport, change, setting({ templateId: 'bug' }))).toEqual([])
    expect(broken(templateSections, change, setting({ templateId: 'bug' }))).toHaveLength(3)
  })

  // Patterns that try too much would not end within the limit of a test.
  it.each([' ', '\t', '#', '*', '* ', '**', '# ', '-', ': ', '**a**', '# a #', 'a '])(
    'comes to an end with %j alone',
    (part) => {
      const description = part.repeat(Math.floor(10_000 / part.length))
      expect(asBug(`x${description}`)).toEqual(all)
      expect(asBug(`# ${description}x`)).toEqual(all)
    },
  )
})
