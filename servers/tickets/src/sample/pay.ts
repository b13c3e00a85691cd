import type { Scenario } from './scenario.ts'

/** Payments, invoices and what banks send back. */
export const pay: readonly Scenario[] = [
  {
    language: 'en',
    template: 'bug',
    labels: ['bug', 'payments', 'refunds'],
    title: 'Refund of order {order} was booked twice at {bank}',
    text: 'The refund of {amount} EUR for order {order} left our side once and reached {bank} twice. The customer got the money two times and finance has to claim it back.',
    sections: [
      '1. Open order {order}\n2. Look at the bookings of {bank}\n3. Compare with our ledger',
      'One booking of {amount} EUR.',
      'Two bookings of {amount} EUR, {minutes} seconds apart.',
    ],
    criteria: [
      'A repeated refund request with the same reference books once',
      'The ledger and the statement of {bank} agree for the last 30 days',
    ],
  },
  {
    language: 'en',
    template: 'incident',
    labels: ['incident', 'payments'],
    title: 'Card payments through {bank} time out since {clock}',
    text: 'Between {clock} and now {percent}% of the card payments through {bank} ended in a timeout. Other banks are fine.',
    sections: [
      'About {percent} orders an hour are not paid.',
      '{clock} first alert; {minutes} minutes later {bank} confirmed a fault on their side.',
    ],
    criteria: [
      'Fewer than 1% of the payments through {bank} time out for an hour',
      'Every timed-out payment is either captured or cancelled',
    ],
  },
  {
    language: 'en',
    template: 'change',
    labels: ['change', 'payments', 'compliance'],
    title: 'Rotate the signing key for {bank} before it expires',
    text: 'The key that signs our requests to {bank} expires next month. They accept two keys at a time for {minutes} days.',
    sections: [
      'The key expires.',
      'Upload the new key at {clock}, sign with it after one day, remove the old one after {minutes} days.',
      'Sign with the old key again while both are accepted.',
    ],
    criteria: [
      'Requests to {bank} are signed with the new key',
      'No request fails with a signature error during the change',
    ],
  },
  {
    language: 'en',
    template: 'bug',
    labels: ['bug', 'payments', 'invoices'],
    title: 'Invoice of order {order} shows the VAT rate of the wrong country',
    text: 'Orders that are shipped to {city} carry the VAT rate of the billing address. The amount of {amount} EUR is off by the difference, and the tax report with it.',
    sections: [
      '1. Order with a billing address in another country\n2. Ship to {city}\n3. Open the invoice',
      'The rate of the country of delivery.',
      'The rate of the billing address.',
    ],
    criteria: [
      'The invoice of an order shipped to {city} shows the rate of that country',
      'A corrected invoice for {order} exists',
    ],
  },
  {
    language: 'en',
    template: 'change',
    labels: ['change', 'payments', 'reporting'],
    title: 'Send the settlement report of {bank} to finance before {clock}',
    text: 'Finance closes the day at {clock}, and the report of {bank} arrives {minutes} minutes later. They book it a day late, every day.',
    sections: [
      'The report misses the daily close.',
      'Fetch the statement every 15 minutes and build the report when it is there.',
      'Switch the schedule back to the nightly run.',
    ],
    criteria: [
      'The report of {bank} is with finance before {clock} on five days in a row',
      'A missing statement raises an alert',
    ],
  },
  {
    language: 'de',
    template: 'bug',
    labels: ['bug', 'payments', 'invoices'],
    title: 'Rechnung zu {order} rundet die Umsatzsteuer um einen Cent falsch',
    text: 'Bei {amount} EUR weicht die Umsatzsteuer auf der Rechnung um einen Cent von der Summe der Positionen ab. Das Finanzamt hat schon nachgefragt, betroffen sind etwa {percent} Rechnungen.',
    sections: [
      '1. Auftrag {order} öffnen\n2. Rechnung als PDF erzeugen\n3. Positionen addieren',
      'Die Summe der Positionen ergibt den Steuerbetrag.',
      'Es fehlt ein Cent.',
    ],
    criteria: [
      'Die Summe der Positionen gleicht dem Steuerbetrag bei 1.000 Testrechnungen',
      'Für {order} liegt eine berichtigte Rechnung vor',
    ],
  },
  {
    language: 'de',
    template: 'change',
    labels: ['change', 'payments', 'sepa'],
    title: 'SEPA-Lastschriften über {bank} auf das neue Dateiformat umstellen',
    text: '{bank} nimmt das alte Dateiformat nur noch bis zum Jahresende an. Die Prüfsoftware der Bank liegt vor.',
    sections: [
      'Das alte Format läuft aus.',
      'Neue Dateien eine Woche lang parallel erzeugen und prüfen, dann um {clock} Uhr umstellen.',
      'Bis zum Jahresende kann auf das alte Format zurückgestellt werden.',
    ],
    criteria: [
      'Die Prüfsoftware meldet 0 Fehler bei {percent} Testdateien',
      '{bank} bestätigt den Eingang der ersten echten Datei',
    ],
  },
  {
    language: 'fr',
    template: 'bug',
    labels: ['bug', 'payments', '3ds'],
    title: "L'authentification de {bank} échoue pour les cartes professionnelles",
    text: "Les clients de {bank} munis d'une carte professionnelle sont refusés après l'authentification forte. Les cartes personnelles passent. Environ {percent} paiements par jour sont perdus.",
    sections: [
      "1. Payer {amount} EUR avec une carte professionnelle de {bank}\n2. Valider dans l'application de la banque",
      'Le paiement est accepté.',
      'Le paiement est refusé avec le code 65.',
    ],
    criteria: [
      'Dix paiements de test avec une carte professionnelle sont acceptés',
      'Le code 65 propose un autre moyen de paiement',
    ],
  },
  {
    language: 'es',
    template: 'incident',
    labels: ['incident', 'payments'],
    title: 'Las transferencias a {bank} quedan pendientes desde las {clock}',
    text: 'Desde las {clock} las transferencias a {bank} no se confirman. Hay {percent} en espera por un total de {amount} EUR.',
    sections: [
      'Los proveedores de {city} no cobran a tiempo.',
      'A las {clock} la primera queja; {minutes} minutos después el banco pidió los identificadores.',
    ],
    criteria: [
      'Ninguna transferencia a {bank} espera más de una hora',
      'Las {percent} transferencias tienen confirmación o devolución',
    ],
  },
  {
    language: 'pt',
    template: 'bug',
    labels: ['bug', 'payments', 'boleto'],
    title: 'Comprovativo do pedido {order} sai com o valor sem casas decimais',
    text: 'O comprovativo do pedido {order} mostra o valor sem as casas decimais, por isso o {bank} recusa o reembolso. O valor certo é {amount} EUR.',
    sections: [
      '1. Abrir o pedido {order}\n2. Gerar o comprovativo\n3. Ler o valor',
      'O valor é {amount} EUR.',
      'O valor aparece sem casas decimais.',
    ],
    criteria: [
      'O comprovativo do pedido {order} mostra {amount} EUR',
      'Valores com e sem cêntimos saem com duas casas decimais',
    ],
  },
  {
    language: 'ja',
    template: 'bug',
    labels: ['bug', 'payments', 'invoices'],
    title: '領収書の宛名が {bank} の法人カードで空欄になる',
    text: '{bank} の法人カードで支払うと、領収書の宛名が空欄のまま発行されます。経理から {percent} 件の再発行依頼が来ています。',
    sections: [
      '1. 法人カードで {amount} EUR を支払う\n2. 領収書を発行する',
      '登録した会社名が宛名に印字される。',
      '宛名が空欄になる。',
    ],
    criteria: ['法人カードの領収書に会社名が印字されること', '注文 {order} の領収書を再発行できること'],
  },
  {
    language: 'ar',
    template: 'bug',
    labels: ['bug', 'payments', 'refunds'],
    title: 'مبلغ الاسترداد للطلب {order} لا يطابق المبلغ المدفوع عبر {bank}',
    text: 'دفع العميل {amount} يورو عبر {bank} واسترد مبلغًا أقل بسبب رسوم التحويل. يجب أن تتحمل الشركة الرسوم، وقد تكرر ذلك {percent} مرة.',
    sections: [
      '1. افتح الطلب {order}\n2. قارن المبلغ المدفوع بالمبلغ المسترد',
      'المبلغان متساويان.',
      'المبلغ المسترد أقل من {amount} يورو.',
    ],
    criteria: ['المبلغ المسترد للطلب {order} يساوي المبلغ المدفوع', 'تظهر رسوم التحويل في تقرير المالية لا عند العميل'],
  },
]
