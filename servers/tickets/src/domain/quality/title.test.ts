import { describe, expect, it } from 'vitest'
import { sampleSet } from '../../sample/sample-set.ts'
import { broken } from './proposal.test-kit.ts'
import { titleCalm, titleOneLine, titleSpecific } from './title.ts'

describe('titleSpecific', () => {
  it.each([
    'Bug',
    'Please help, urgent!',
    "It doesn't work",
    'Login not working',
    'Problem with the system',
    'Error error error',
    'Something is wrong, fix asap',
    'HELP ME PLEASE NOW',
    'Fehler',
    'Geht nicht, bitte schnell Hilfe',
    'Drucker funktioniert nicht mehr',
    'Problème urgent',
    'Ça ne marche pas',
    'Error en la app, ayuda urgente',
    'No funciona',
    'Não funciona, ajuda por favor',
    'Non funziona',
    'Nie działa, pilne',
    'Het werkt niet',
    'エラーが発生',
    '至急、動かないので助けてください',
    '不具合について',
    '画面エラー',
    '无法使用，请帮助',
    'مشكلة عاجلة في النظام',
    'لا يعمل',
    '!!! ???',
    'B\u200bu\u200bg',
  ])('finds nothing said in %s', (title) => {
    expect(broken(titleSpecific, { title })).toEqual(['title_vague'])
  })

  it.each([
    'Invoice PDF shows the old VAT rate',
    'VPN drops in Lyon',
    'Checkout button overlaps footer',
    'Rechnungsexport bricht bei Umlauten ab',
    'Les factures de mars manquent dans l’archive',
    'El pedido A-77 se cobra dos veces',
    'ログイン画面が白くなる',
    '支付页面加载超时',
    'بطء صفحة الدفع',
    'Оплата картой зависает на шаге 3',
    'डैशबोर्ड पुराने आँकड़े दिखाता है',
  ])('understands %s', (title) => {
    expect(broken(titleSpecific, { title })).toEqual([])
  })

  it('understands every title of the sample set', () => {
    const vague = sampleSet().tickets.filter(({ title }) => broken(titleSpecific, { title }).length > 0)
    expect(vague.map(({ title }) => title)).toEqual([])
  })

  it('leaves an empty title to the rule about lengths', () => {
    expect(broken(titleSpecific, { title: '' })).toEqual([])
  })
})

describe('titleCalm', () => {
  it.each([
    ['CHECKOUT BUTTON OVERLAPS FOOTER', ['title_shouts?']],
    ['Checkout button overlaps footer!!', ['title_shouts?']],
    ['Checkout is slow?!', ['title_shouts?']],
    ['VPN DNS', []],
    ['Does the VPN need DNS?', []],
    ['注文が確定できない！', []],
  ])('judges %s', (title, expected) => {
    expect(broken(titleCalm, { title })).toEqual(expected)
  })
})

describe('titleOneLine', () => {
  it.each([
    ['Disk full on db-03', []],
    ['Disk full\non db-03', ['title_lines']],
    ['Disk full\u2028on db-03', ['title_lines']],
  ])('judges %j', (title, expected) => {
    expect(broken(titleOneLine, { title })).toEqual(expected)
  })
})
