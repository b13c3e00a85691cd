/**
 * Words that say that something is wrong but not what: a title made of these alone helps nobody. Folded (see `fold`),
 * by language; function words stand with them because they say nothing either.
 */
const languages = {
  en: `a an and any app application are at be bug bugs broken can cannot can't crash crashes didn doesn doesn't does do don't
       error errors fail failed failing fails failure fix for from has have help how i in is isn isn't issue issues it its
       me my need needs new no not nothing now of on our please problem problems question request some something soon
       stuff system t task test that the there thing things this ticket to todo update urgent very was we when why with
       won't work working works wrong asap you your s hi hello`,
  de: `aber auf bei bitte das dem den der die dringend ein eine einem einer er es fehler fehlermeldung frage funktioniert
       für geht gehen hilfe ich im in ist kaputt kein keine mehr mein meine mit nicht nichts problem probleme schnell
       sehr so und vom von was wir wieder zu zum`,
  fr: `a aide au aux avec bogue bug ca ce ces cette dans de des du en erreur est et fonctionne il je la le les ma marche
       mon ne nous pas plus pour probleme problème problèmes quelque question qui rien souci sur svp un une urgent
       urgente ça`,
  es: `al algo ayuda con de del el en error es esta este está falla fallo favor funciona la las lo los me mi no nos para
       por problema problemas que se sin un una urgente y`,
  pt: `a ajuda ao com da de do e em erro está esta este falha favor funciona isso me meu minha na nao no não o os para por
       problema problemas que um uma urgente`,
  it: `aiuto al che con da del della di e errore funziona guasto ho il in la le lo mi nel non per problema questo sono un
       una urgente`,
  nl: `de doet een en fout graag help het hulp in is kapot mijn niet op probleem storing van vraag werkt`,
  pl: `awaria błąd do działa i jest na nie o pilne pomoc pomocy problem proszę w z`,
  ar: `في من على لا مع هذا هذه إلى خطأ خلل مشكلة مشاكل مساعدة ساعدوني عاجل عاجلة
       يعمل تعمل يرجى الرجاء أرجو سؤال عطل المشكلة الخطأ النظام تم حل حلها بشكل صحيح`,
}

/** The same in scripts without spaces: phrases that are taken out before what is left is counted. */
export const genericPhrases = [
  // Japanese
  ...[
    '動きません',
    '動かない',
    '使えません',
    '使えない',
    'できません',
    'できない',
    'お願いします',
    '助けてください',
    '助けて',
  ],
  ...['エラー', 'バグ', '不具合', '問題', '障害', '質問', '至急', '緊急', '発生', 'について', 'おかしい'],
  // Chinese
  ...[
    '不能用',
    '不工作',
    '无法使用',
    '無法使用',
    '出错',
    '出問題',
    '错误',
    '錯誤',
    '问题',
    '問題',
    '故障',
    '帮助',
    '幫助',
    '请',
    '紧急',
    '緊急',
    '求助',
  ],
  // Thai
  ...['ใช้งานไม่ได้', 'ไม่ทำงาน', 'ช่วยด้วย', 'ปัญหา', 'ด่วน', 'ผิดพลาด'],
]

export const genericWords: ReadonlySet<string> = new Set(Object.values(languages).flatMap((list) => list.split(/\s+/)))
