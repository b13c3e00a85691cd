import type { Scenario } from './scenario.ts'

/** The shop as customers see it. */
export const web: readonly Scenario[] = [
  {
    language: 'en',
    template: 'bug',
    labels: ['bug', 'checkout'],
    title: 'Coupon is lost when the {page} is reloaded in {browser}',
    text: 'A coupon that was accepted disappears when the {page} is reloaded. The price jumps back and customers write to support. Seen {percent} times this week.',
    sections: [
      '1. Open the {page} in {browser}\n2. Enter a valid coupon\n3. Reload',
      'The coupon and the lower price stay.',
      'The coupon is gone and the full price of {amount} EUR is shown.',
    ],
    criteria: [
      'The coupon is still applied after a reload in {browser}',
      'An expired coupon shows the text from the style guide',
    ],
  },
  {
    language: 'en',
    template: 'bug',
    labels: ['bug', 'mobile'],
    title: 'Menu covers the pay button on small phones in {browser}',
    text: 'On screens narrower than 360 px the sticky menu lies over the pay button, so that a tap opens the menu. About {percent} sessions a day end there.',
    sections: [
      '1. Open the {page} in {browser} at 340 px width\n2. Scroll to the end\n3. Tap on pay',
      'The payment page opens.',
      'The menu opens.',
    ],
    criteria: [
      'The pay button can be tapped at 320 px width',
      'No element overlaps another in the visual test of the {page}',
    ],
  },
  {
    language: 'en',
    template: 'request',
    labels: ['request', 'accessibility'],
    title: 'Make the {page} usable with the keyboard alone',
    text: 'The audit of the {page} found {percent} controls that cannot be reached with the Tab key, among them the filter and the dialog for sizes.',
    sections: [
      'Every control of the {page} can be reached and used without a mouse.',
      'Customers who use a keyboard or a screen reader.',
    ],
    criteria: [
      'Every control of the {page} is reachable with Tab in reading order',
      'The audit tool reports 0 keyboard findings',
    ],
  },
  {
    language: 'en',
    labels: ['performance', 'images'],
    title: 'Product photos load at full size on the {page}',
    text: 'The {page} loads photos of up to 6 MB and scales them in the browser. On the trains near {city} the page takes {minutes} seconds. {service} can deliver smaller ones since version {version}.',
    criteria: [
      'No photo on the {page} is larger than 250 kB',
      'Largest contentful paint stays under 2.5 s on a 3G profile',
    ],
  },
  {
    language: 'en',
    template: 'bug',
    labels: ['bug', 'search'],
    title: 'Search for "{amount}" on the {page} returns products that are sold out',
    text: 'Sold-out products are listed first when customers search by price. The index of {service} keeps them for days after the stock reaches zero.',
    sections: [
      '1. Open the {page}\n2. Search for {amount}\n3. Look at the first five results',
      'Products in stock come first.',
      'Four of the first five are sold out.',
    ],
    criteria: [
      'Products without stock are listed after all others',
      'The index follows the stock within {minutes} minutes',
    ],
  },
  {
    language: 'de',
    template: 'bug',
    labels: ['bug', 'checkout'],
    title: 'Lieferadresse wird im Warenkorb nach der Anmeldung geleert ({browser})',
    text: 'Wer als Gast eine Lieferadresse eingibt und sich danach anmeldet, findet das Formular leer vor. Das betrifft {percent} Bestellungen in der letzten Woche.',
    sections: [
      '1. Als Gast Adresse eingeben\n2. In {browser} anmelden\n3. Zurück zum Warenkorb',
      'Die eingegebene Adresse steht noch da.',
      'Alle Felder sind leer.',
    ],
    criteria: [
      'Die Adresse bleibt nach der Anmeldung in {browser} erhalten',
      'Eine gespeicherte Adresse wird als Auswahl angeboten',
    ],
  },
  {
    language: 'fr',
    template: 'bug',
    labels: ['bug', 'i18n'],
    title: 'Les dates de livraison apparaissent en anglais sur la version française ({browser})',
    text: "Sur la page de suivi, la date de livraison s'affiche en anglais alors que le reste de la page est en français. Le service client de {city} reçoit {percent} messages par semaine à ce sujet.",
    sections: [
      '1. Ouvrir la commande {order} dans {browser}\n2. Regarder la date de livraison',
      'La date est écrite en français.',
      'On lit « Tuesday » au lieu de « mardi ».',
    ],
    criteria: [
      'La date de la commande {order} est en français dans {browser}',
      'Les douze mois et les sept jours sont traduits',
    ],
  },
  {
    language: 'es',
    template: 'bug',
    labels: ['bug', 'forms'],
    title: 'El formulario de devolución rechaza códigos postales que empiezan por cero ({city})',
    text: 'Las clientas de {city} y alrededores no pueden pedir una devolución, porque el formulario borra el cero inicial del código postal y después lo da por incorrecto.',
    sections: [
      '1. Abrir la devolución del pedido {order}\n2. Escribir 08036 como código postal\n3. Enviar',
      'La devolución queda registrada.',
      'El formulario marca el código como incorrecto.',
    ],
    criteria: ['El formulario acepta 08036 y 01001', 'El código se guarda con sus cinco cifras'],
  },
  {
    language: 'pt',
    template: 'request',
    labels: ['request', 'catalog'],
    title: 'Mostrar o prazo de entrega para {city} na página do produto',
    text: 'Os clientes de {city} só veem o prazo de entrega depois de pôr o produto no carrinho. {percent} % saem da loja nesse passo.',
    sections: ['Ver o prazo antes de pôr o produto no carrinho.', 'Clientes fora das grandes cidades.'],
    criteria: [
      'A página do produto mostra o prazo para o código postal guardado',
      'O prazo mostrado coincide com o do carrinho em 50 encomendas de teste',
    ],
  },
  {
    language: 'it',
    labels: ['newsletter', 'privacy'],
    title: 'Il link per annullare la newsletter porta a una pagina vuota in {browser}',
    text: 'Chi apre il link di disiscrizione in {browser} vede una pagina bianca e riceve ancora la newsletter. Abbiamo {percent} reclami da questo mese, due citano il garante.',
    criteria: [
      'Il link di disiscrizione conferma la cancellazione in {browser}',
      'Nessuna newsletter parte dopo la cancellazione',
    ],
  },
  {
    language: 'ja',
    template: 'bug',
    labels: ['bug', 'checkout'],
    title: '{browser} で住所の番地に全角数字を入れると注文できない',
    text: '配送先の番地に全角数字を入力すると、注文確定ボタンが反応しません。半角に直すと注文できます。今週だけで {percent} 件の問い合わせがありました。',
    sections: [
      '1. {browser} でカートを開く\n2. 番地に「１２３」と入力する\n3. 注文を確定する',
      '注文が確定し、確認画面が表示される。',
      'ボタンを押しても何も起きない。',
    ],
    criteria: ['全角数字の番地で注文が確定できること', '保存された番地が半角数字に統一されていること'],
  },
  {
    language: 'zh',
    template: 'bug',
    labels: ['bug', 'search'],
    title: '在 {browser} 中搜索繁体字商品名时结果为空',
    text: '顾客用繁体字搜索商品时，页面显示没有结果；用简体字搜索同一商品可以找到 {percent} 件。客服每天收到多次询问。',
    sections: [
      '1. 用 {browser} 打开首页\n2. 输入「藍牙耳機」\n3. 点击搜索',
      '显示与简体字相同的商品列表。',
      '页面显示没有找到商品。',
    ],
    criteria: ['繁体字和简体字搜索得到相同的商品数量', '搜索结果在 2 秒内显示'],
  },
  {
    language: 'ar',
    template: 'bug',
    labels: ['bug', 'rtl'],
    title: 'تظهر أرقام الطلبات معكوسة في صفحة الطلبات على {browser}',
    text: 'في الواجهة العربية يظهر رقم الطلب {order} معكوسًا في قائمة الطلبات، فلا يستطيع العملاء نسخه للدعم. وصلتنا {percent} رسالة هذا الأسبوع.',
    sections: [
      '1. افتح صفحة الطلبات في {browser}\n2. انظر إلى رقم الطلب',
      'يظهر الرقم {order} كما هو.',
      'يظهر الرقم معكوسًا.',
    ],
    criteria: ['يظهر الرقم {order} بالترتيب الصحيح في الواجهة العربية', 'يمكن نسخ رقم الطلب ولصقه دون تغيير'],
  },
]
