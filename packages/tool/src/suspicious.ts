// A rule names classes of words that stand close together in one sentence, the first one first, and what it weighs. Each
// word is read once, whatever an attacker writes; a pattern with gaps would backtrack. Only what is looked at is folded,
// never what is shown.

/** Control tokens, imitated delimiters and turns of phrase without an ordinary use: one is enough. */
const markers = [
  String.raw`<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id|end_header_id)\|>`,
  String.raw`\[/?inst\]|<<sys>>|<(?:start|end)_of_turn>|### ?(?:instruction|system):|\[system\]\(#`,
  String.raw`[{,]\s?"?role"? ?: ?"?system"?\s?[,}]`,
  '</?(?:untrusted|tool_call|tool_result|tool_response|function_calls?|function_results?)>',
  '</?(?:system|user|assistant)[_-](?:message|instructions?|prompt|input)>',
  String.raw`(?:[-=#<*}"]{2}|\[) ?(?:end|begin) (?:of )?(?:the )?(?:untrusted|user input|user message|tool output|tool result|system prompt|system message|context|new instructions)|[-=#<*]{2} ?end of prompt`,
  String.raw`\bnew instructions?:|\b(?:system|admin) override:|\bdo anything now\b|\bdan mode\b|\bmake a tool call\b`,
  String.raw`\binstructions (?:for|to) (?:the |any |all )?(?:ai|assistant|model|llm|language model)s?:`,
  String.raw`\byour (?:new|real|only) (?:role|task|goal|objective|instructions?) (?:is|are) (?:now )?to\b`,
  String.raw`\bif you are an? (?:ai|llm|(?:large )?language model)\b|\bas an? (?:ai|llm|(?:large )?language model),? you\b`,
  String.raw`\bbefore you can solve the task\b|\byour (?:full |entire )?system ?prompt\b`,
]

/** What counts as one word; the name is the word. */
const phrases = {
  system_role: String.raw`(?:^|[\n[<("{])[ \t]{0,8}system(?: (?:message|notice|note))?[ \t]{0,8}[\]>:]`,
  assistant_role: String.raw`(?:^|[\n.])[ \t]{0,8}assistant:`,
  hidden_comment: String.raw`<!--|\[//\]: ?#`,
  important_tag: '</?important>',
  ai_called: String.raw`\b(?:ai|llm|chatgpt|gpt|copilot|gemini|language model|ai assistant|ai agent)s?:`,
  you_are_now: 'you(?: a|)re now|you will now|imagine you are',
  you_are_a: 'you are an?|you are going to act',
  you_were_told: '(?:you (?:were|have been)|were you) (?:given|told|instructed)|everything you know',
  no_longer: 'no longer apply|no longer applies|are lifted|are suspended|are disabled',
  from_now_on: 'from now on',
  dont_forget:
    'vergessen sie (?:bitte )?nicht|vergiss nicht|oubliez pas|no olvide[ns]?|non dimenticare|vergeet niet|nie zapomnij|не забудь(?:те)?|unutmayın',
  dont_forget_unspaced: '(?:不要忘|忘れずに|잊지)',
  prompt_reply: 'prompt (?:reply|response|answer|attention|action|payment|help|support|service|delivery)',
  set_aside:
    'set aside|stop following|(?:do not|dont|never) (?:follow|obey)|pay no attention to|haz caso omiso|no sigas?|nao sigas?|non seguire|ne tiens pas compte|ne suis pas|nie stosuj|не следуй(?:те)?|yok say|gormezden gel|لا تتبع',
  so_far: 'so far|until now',
  do_not_tell: '(?:do not|dont|never|must not) (?:ever )?(?:tell|mention|reveal|inform|disclose)',
  do_not_show: '(?:do not|dont|never|must not) (?:ever )?(?:show|alert|notify|let)',
  without_telling: 'without (?:telling|informing|asking|alerting|notifying)',
  from_the_user: 'from the (?:user|human)',
  system_prompt:
    '(?:system|initial|hidden|secret|internal|developer) (?:prompt|instructions)|original prompt|systemprompt',
  api_key: 'api keys?',
  chat_history: 'chat (?:history|log)|conversation',
  ai_mode: '(?:developer|debug|god) mode',
  language_model: '(?:large )?language models?|ai (?:assistant|agent|system|language model|model)s?',
  reading_this: '(?:read|process|summari[sz]|pars|analy[sz]|review|evaluat|scann?)(?:s|es|ing) this',
  get_request: '(?:get|post|http) request',
  using_this_tool: 'using this tool',
}

// `*` ends a stem; `!` counts only where English gives an order: "Now ignore …", but not "which ignores …".
const drop = '!ignore !disregard !forget !overlook !discard !neglect !nevermind set_aside'
/** Ordinary verbs of settings, files and appointments. */
const skip = '!override !skip !bypass !cancel'
/** The same as an order in de fr es pt it nl pl ru ar zh, where the verb comes first. */
const dropFirst = `ignoriere ignorieren missachte* vergiss !vergessen !ignorez ignorer !oublie !oubliez oublier !ignora ignorar
  !olvida* !descarta !desconsider* !esqueca* !ignori ignorare !dimentica* !trascura* negeer vergeet verwaarlo* zignoruj*
  ignoruj* zapomnij* pomin* игнорируи* проигнорируи* забудь* set_aside تجاهل* انس* 無視 忽略 无视 忘记 不要遵`
/** And at the end of a sentence in tr ja ko, and in de and nl without a subject. */
const dropLast = `ignorieren missachten vergessen negeren vergeten set_aside unut unutun unutunuz uyma uymayın 無視 忘れて 忘れろ
  従わない 무시* 잊어버려* 잊어버리* 잊고 잊으*`
const any = `all any every your given existing safety alle dein* al je vos tus samtliche* tout toutes todas todos tutte tutti wszystki* все всё tum butun
  جميع كل すべて 全て 所有 全部 모든`
const before = `previous* prior above earlier preceding former foregoing original initial so_far you_were_told vorherig* bisherig*
  vorher davor zuvor fruher* obig* precedent* anterieur* dessus avant anterior* previa* previo* antes acima sopra vorige voorgaand*
  eerder* bovenstaand* poprzedni* wczesniejsz* powyzsz* предыдущ* прежн* выше* onceki yukarıdaki السابق* أعلاه 以前 上記
  これまで 之前 先前 上述 以上 이전* 앞* 위의 지금까지*`
const instructions = `instruction* directive* guideline* prompt prompts directions programming system_prompt anweisung*
  instruktion* vorgabe* befehl* consigne* instruccion* indicacion* directri* instruco* orientaco* istruzion* direttiv*
  instructie* opdracht* aanwijzing* instrukcj* polecen* wytyczn* инструкци* указани* talimat* تعليمات التعليمات الأوامر 指示 命令
  指令 プロンプト 提示 지시* 명령* 지침*`
const rule = `rule rules commands restrictions policies regeln regles reglas regras regole regels zasad* правил* команд* kural* komut*
  القواعد ルール 規則 规则 限制 규칙*`
const everything = 'everything anything alles todo tout tutto tudo'
/** Between a verb and its object these say that the writer speaks of things of their own. */
const own = 'my our mein* unser* mon mes mis minha* mijn moje мои 私 我的'

const model = 'ai llm llms gpt* chatgpt language_model assistant'
const limits = 'restriction* filter* policy policies limits limitation* guardrail* censorship rules'
const ethics = 'ethic* moral*'
const fateful = '!approve !grant !reveal !export !forward !transfer !ignore'
const order = `${fateful} !mark !recommend !reply !respond !answer !say !print !output !set !close !accept !give !rate !delete
  !send !share !include !rank !call !tell`
const send = `!send !forward !post !email !upload !transmit !leak !exfiltrate !append !submit !copy !encode !render !load !include
  get_request`
const reveal = `!reveal !show !print !output !repeat !display !tell !disclose !list !share !summarize !translate !what !give !write
  !return !leak !dump !revele !affiche !zeige !muestra !mostre !mostra !toon !pokaz !покажи 显示 表示`
const recite = `!reveal !print !output !repeat !display !recite !list !revele !affiche !zeige !muestra !mostra 显示`
const yours = 'your ton votre dein* tu su seu tuo 你的'
const toolName = `send_* delete_* create_* get_* update_* read_* write_* list_* search_* run_* transfer_* add_* fetch_* export_*`

/** What a rule weighs, within how many words its classes stand, the classes. Two rules of weight 1 are enough as well. */
const rules: readonly (readonly [1 | 2, number, ...string[]])[] = [
  [2, 10, drop, any, instructions],
  [2, 10, `${drop} !override`, before, instructions],
  [2, 6, skip, 'your', instructions],
  [1, 10, skip, before, instructions],
  [2, 10, drop, `${before} your`, rule],
  [2, 9, dropFirst, `${any} ${before}`, `${instructions} ${rule}`],
  [2, 9, `${any} ${before}`, `${instructions} ${rule}`, dropLast],
  [2, 9, `${instructions} ${rule}`, `${any} ${before}`, dropLast],
  [2, 9, dropFirst, everything, before],
  [2, 7, drop, 'you_were_told'],
  [1, 7, drop, `all ${everything}`],
  [1, 7, drop, before, 'above context text input said'],
  [1, 14, drop, `${everything} above context text`, '!tell !say !output !print !write !obey !what'],
  [2, 8, yours, `${instructions} ${rule}`, 'no_longer'],

  [2, 10, 'system_role assistant_role', fateful],
  [2, 8, 'system_role', model, 'must will should now has have'],
  [1, 8, 'system_role', 'you your', 'must are no now'],
  [1, 1, 'ai_called'],
  [1, 10, 'ai_called', order],

  [1, 1, 'you_are_now'],
  [1, 1, 'you_are_a'],
  [
    1,
    8,
    'you_are_now you_are_a',
    `${model} unrestricted unfiltered uncensored dan bot chatbot terminal evil root ai_mode`,
  ],
  [2, 9, '!act !pretend', `${model} unrestricted unfiltered uncensored dan chatbot terminal`],
  [2, 8, '!pretend you', 'without freed liberated', `${limits} ${ethics}`],
  [1, 8, '!pretend you', 'no', `${limits} ${ethics}`],
  [2, 8, model, 'no without not', `${limits} ${ethics}`],
  [1, 6, 'from_now_on', '!act !behave !pretend !obey !respond !speak you_are_a'],
  [1, 9, 'from_now_on', '!act !behave', 'as like'],
  [1, 12, 'from_now_on', 'dan terminal chatbot pirate unfiltered'],
  [1, 9, 'from_now_on', '!respond !answer !speak', 'only'],
  [1, 7, 'answer respond reply', 'without', limits],
  [1, 9, 'without no', `${ethics} safety content`, limits],
  [1, 1, 'jailbr* unfiltered uncensored'],

  [2, 6, '!do_not_tell', `user human operator ${instructions}`],
  [2, 6, '!do_not_show', 'user human operator', 'know this these'],
  [2, 6, '!do_not_show', 'know this these', 'user human operator'],
  [1, 6, '!do_not_tell !do_not_show', 'user human operator anyone anybody'],
  [1, 6, 'without_telling', 'user human operator'],
  [1, 14, `${fateful} !do !delete !change !send`, 'without_telling'],
  [1, 10, 'without_telling', `${fateful} !do !delete !change !send`],
  [1, 1, 'silently'],
  [1, 8, '!hide !keep !conceal', 'from_the_user'],
  [1, 8, 'secret step this instruction*', 'from_the_user'],

  [1, 6, '!call !invoke !trigger', 'tool'],
  [1, 6, '!call !invoke !trigger !use !run !execute', toolName],
  [1, 6, '!use !run !execute', 'tool'],
  [1, 3, '!use', 'your available', 'tools'],
  [1, 1, 'important_tag'],
  [1, 1, 'using_this_tool'],
  [1, 14, '!use', 'tools', 'find look send'],

  [2, 20, send, 'api_key password* credential* secret secrets chat_history system_prompt', 'http https'],
  [2, 20, send, 'chat_history system_prompt', '@'],
  [2, 20, 'chat_history system_prompt', '!send !forward !post !upload', 'http https @'],
  [
    2,
    20,
    send,
    'all every full entire contents',
    'customer* record* contact contacts database crm credential* password* thread',
    'http https @',
  ],
  [1, 1, '!exfiltrate'],

  [2, 8, reveal, 'system_prompt'],
  [2, 6, recite, yours, 'prompt prompts systemprompt* 提示 guideline* programming'],
  [1, 6, recite, yours, instructions],
  [1, 10, yours, instructions, 'above verbatim word exactly full entire back'],
  [1, 8, '!what', instructions, `${yours} you_were_told`],
  [1, 6, reveal, 'the', 'prompt prompts'],
  [1, 4, '!repeat !print !output', 'words text everything', 'above'],
  [1, 8, 'words text everything', 'above', 'starting verbatim'],
  [1, 3, 'beginning start', 'chat_history'],
  [1, 1, 'you_were_told'],

  [1, 4, '!attention !note !message', 'ai_called ai llm llms language_model'],
  [1, 14, 'ai llm llms language_model', 'should must shall', order],
  [
    2,
    14,
    '!note !attention !message !dear !hey !to',
    'ai llm llms chatgpt gpt* language_model',
    `${order} reading_this`,
  ],
  [2, 4, model, 'reading_this'],
  [2, 20, 'hidden_comment', model, order],
  [2, 20, 'hidden_comment', '!approve !grant !reveal !export !transfer'],
  [2, 20, 'hidden_comment', send, 'http https @'],
]

/** After these an English verb is an order. */
const leads = new Set(
  `please kindly just now then and but so must should shall to you instead first next also simply immediately always only bitte
  veuillez favor favore et e y i und en system_role assistant_role hidden_comment ai_called from_now_on silently`.split(
    /\s+/,
  ),
)
const lookalikes: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from('013457аеіорсух', (char, i) => [char, 'oieastaeiopcyx'.charAt(i)]),
)

interface Entry {
  readonly word: string
  readonly stem: boolean
  readonly order: boolean
  readonly classes: number[]
}
interface Rule {
  readonly weight: number
  readonly within: number
  readonly first: number
  readonly rest: readonly number[]
}

/** The end of a sentence, of a clause, a character of a script without spaces, a word; or any other sign. */
const token =
  /([.!?](?=\s|$)|[。！？؟।]|\n\s*\n)|([,;])|([\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}])|([[\p{L}\p{N}_]--[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}]]+)|\S|\n/gv
/** In words. The end of a sentence is farther than any rule reaches; two rules stand in one sentence or the next. */
const gap = { sentence: 100, clause: 4, character: 0.5, word: 1, rules: 140 }
const none: readonly Entry[] = []
let compiled: ReturnType<typeof compile> | undefined

/**
 * Tells whether a text addresses the model that reads it: overrides, role markers, imitated delimiters, hidden comments,
 * and orders to call tools, leak prompts, send data away or keep something from the user. Takes text as it came or as
 * `cleanText` returns it; overrides in fourteen languages, the rest mostly in English. Linear in the length of the text.
 *
 * A label for people and the audit, never a defence: whoever knows the rules can write around them.
 */
export function looksLikeInstructions(text: string): boolean {
  compiled ??= compile()
  const { marker, phrase, nameOf, entriesAt, rulesWith, classCount, ownClass, ownUndoes } = compiled
  const folded = fold(text)
  if (marker.test(folded)) return true

  const words = folded.replace(phrase, (match) => ` ${nameOf(match)} `)
  const last: number[] = new Array(classCount).fill(Number.NEGATIVE_INFINITY)
  const fired = new Map<Rule, number>()
  let position = 0
  let orders = true // whether an English verb here would be an order
  for (const { 0: sign, 1: sentence, 2: clause, 3: character, 4: word, index } of words.matchAll(token)) {
    position += sentence ? gap.sentence : clause ? gap.clause : character ? gap.character : gap.word
    for (const entry of entriesAt(words, index, word ?? sign)) {
      if (entry.order && !orders) continue
      for (const number of entry.classes) last[number] = position
      if (entry.classes.includes(ownClass)) for (const undone of ownUndoes) last[undone] = Number.NEGATIVE_INFINITY
      for (const rule of entry.classes.flatMap((number) => rulesWith[number] ?? []))
        if (fires(rule, last, position)) fired.set(rule, position)
      if (isEnough(fired, position)) return true
    }
    orders = word ? leads.has(word) : !/[-/.@]\S/.test(words.slice(index, index + 2))
  }
  return false
}

function fires({ within, first, rest }: Rule, last: readonly number[], position: number): boolean {
  const start = last[first] ?? Number.NEGATIVE_INFINITY
  return position - start <= within && rest.every((part) => (last[part] ?? start) > start)
}

function isEnough(fired: ReadonlyMap<Rule, number>, position: number): boolean {
  let weight = 0
  for (const [rule, at] of fired) if (position - at <= gap.rules) weight += rule.weight
  return weight >= 2
}

/** Case, width, accents, homoglyphs and digits within words, and what `cleanText` puts in. */
function fold(text: string): string {
  return unaccented(text)
    .toLowerCase()
    .replace(/\[([:.])\]/g, '$1')
    .replaceAll('&lt;', '<')
    .replace(/[\\'’]/g, '')
    .replace(/(?<=[a-z])[013457аеіорсух]|[013457аеіорсух](?=[a-z])/g, (char) => lookalikes[char] ?? char)
}

/** Compatibility forms of letters only: NFKD of all would turn one character into up to eighteen. */
function unaccented(text: string): string {
  return text
    .replace(/[\u2100-\u214f\u2460-\u24ff\uff01-\uff5e\u{1d400}-\u{1d7ff}\u{1f110}-\u{1f189}]+/gu, (styled) =>
      styled.normalize('NFKD'),
    )
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
}

/** On first use: a server that is only asked for its list of tools need not pay for it. */
function compile() {
  const classes = new Map<string, number>()
  const vocabulary = new Map<string, Entry[]>() // by the first two characters of the word
  const rulesWith: Rule[][] = []

  const classOf = (list: string): number => {
    const number = classes.get(list) ?? classes.size
    if (!classes.has(list)) for (const item of list.split(/\s+/)) file(item, number)
    classes.set(list, number)
    return number
  }
  const file = (item: string, number: number) => {
    const word = fold(item.replace(/[!*]/g, ''))
    const stem = item.endsWith('*') || /^[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}]/u.test(word)
    const order = item.startsWith('!')
    const shelf = vocabulary.get(word.slice(0, 2)) ?? []
    const known = shelf.find((entry) => entry.word === word && entry.stem === stem && entry.order === order)
    if (known) known.classes.push(number)
    else vocabulary.set(word.slice(0, 2), [...shelf, { word, stem, order, classes: [number] }])
  }
  for (const [weight, within, ...parts] of rules) {
    const [first = 0, ...rest] = parts.map(classOf)
    const rule = { weight, within, first, rest }
    for (const part of new Set([first, ...rest])) rulesWith[part] = [...(rulesWith[part] ?? []), rule]
  }

  const sources = Object.entries(phrases).map(([name, pattern]) => {
    const plain = unaccented(pattern)
    const spaced = String.raw`(?<!\p{L})(?:${plain.replaceAll(' ', String.raw`\s+`)})(?!\p{L})`
    return [name, /^(?:\p{L}|\(\?:[a-z])/u.test(plain) ? spaced : plain] as const
  })
  const named = sources.map(([name, source]) => [name, new RegExp(`^(?:${source})$`, 'u')] as const)
  const verbs = [drop, dropFirst, dropLast, send]
  return {
    marker: new RegExp(markers.join('|')),
    phrase: new RegExp(sources.map(([, source]) => source).join('|'), 'gu'),
    nameOf: (match: string) => named.find(([, whole]) => whole.test(match))?.[0] ?? '',
    entriesAt: (words: string, index: number, word: string) =>
      (vocabulary.get(word.slice(0, 2)) ?? vocabulary.get(words.slice(index, index + 2)))?.filter((entry) =>
        entry.stem ? words.startsWith(entry.word, index) : word === entry.word,
      ) ?? none,
    rulesWith,
    ownClass: classOf(own),
    ownUndoes: [...classes].filter(([list]) => verbs.some((verb) => list.includes(verb))).map(([, number]) => number),
    classCount: classes.size,
  }
}
