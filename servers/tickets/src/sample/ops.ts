import type { Scenario } from './scenario.ts'

/** Operations: hosts, networks, accounts. */
export const ops: readonly Scenario[] = [
  {
    language: 'en',
    template: 'incident',
    labels: ['incident', 'storage'],
    title: 'Disk of {host} is {percent}% full and still growing',
    text: 'The volume /var on {host} reached {percent}% at {clock}. At the present rate it is full before tomorrow morning.',
    sections: [
      'Writes fail once it is full; {service} stores its spool there.',
      '{clock} first alert, {minutes} minutes later the second one.',
    ],
    criteria: ['/var on {host} is below 70% for 24 hours', 'An alert fires at 80% instead of 90%'],
  },
  {
    language: 'en',
    template: 'bug',
    labels: ['bug', 'backup'],
    title: 'Nightly backup of {host} fails with "no space left on device"',
    text: 'Since the retention was raised to 35 days the nightly backup of {host} ends early. The last complete one is four days old.',
    sections: [
      '1. Log in to {host}\n2. Run backup --full\n3. Wait about {minutes} minutes',
      'The run ends with exit code 0 and a complete archive.',
      'It ends with "no space left on device" at {percent}%.',
    ],
    criteria: [
      'Three nightly backups in a row are complete',
      'A restore of one table from the newest archive succeeds',
    ],
  },
  {
    language: 'en',
    template: 'change',
    labels: ['change', 'network'],
    title: 'Move {service} behind the new load balancer in {city}',
    text: 'The old balancer in {city} leaves support at the end of the quarter. {service} is one of the last behind it.',
    sections: [
      'End of support of the old balancer.',
      'Add the new pool, shift 10% of the traffic at {clock}, then the rest after {minutes} minutes.',
      'Shift the traffic back; the old pool stays for a week.',
    ],
    criteria: ['All requests of {service} in {city} pass the new balancer', 'p99 latency rises by less than 5 ms'],
  },
  {
    language: 'en',
    labels: ['accounts', 'vpn'],
    title: 'VPN drops every {minutes} minutes for the office in {city}',
    text: 'Everybody in the {city} office loses the VPN about every {minutes} minutes and has to sign in again. It began on Monday after the gateway update to {version}. Mobile hotspots are not affected.',
    criteria: ['A session in {city} stays up for 8 hours', 'The gateway log shows no rekey failure for a day'],
  },
  {
    language: 'en',
    template: 'request',
    labels: ['request', 'monitoring'],
    title: 'Add a dashboard for the queue length of {service}',
    text: 'We see backlogs of {service} only when customers call. A dashboard with queue length and oldest message would show them {minutes} minutes earlier.',
    sections: ['See a backlog of {service} before customers do.', 'The on-call team and the {city} support desk.'],
    criteria: [
      'Dashboard shows queue length and age of the oldest message',
      'An alert goes out when the oldest message is older than {minutes} minutes',
    ],
  },
  {
    language: 'en',
    labels: ['certificates', 'security'],
    title: 'TLS certificate of {service} expires in nine days',
    text: 'The certificate of {service}.{city} was issued by hand last year and is not in the renewal job. It expires in nine days. Clients pin nothing, so an automatic one will do.',
    criteria: [
      '{service} serves a certificate from the renewal job',
      'The renewal job lists every public name of {service}',
    ],
  },
  {
    language: 'de',
    template: 'bug',
    labels: ['bug', 'printing'],
    title: 'Etikettendrucker in {city} druckt Umlaute als Fragezeichen',
    text: 'Seit dem Update auf {version} druckt der Etikettendrucker im Lager {city} statt ä, ö, ü und ß nur Fragezeichen. Betroffen sind etwa {percent} Etiketten am Tag.',
    sections: [
      '1. Auftrag {order} öffnen\n2. Etikett drucken',
      'Die Anschrift steht mit Umlauten auf dem Etikett.',
      'Statt der Umlaute stehen Fragezeichen.',
    ],
    criteria: [
      'Ein Etikett mit „Größe, Fußweg, Äpfel“ stimmt Zeichen für Zeichen',
      'Der Zustelldienst nimmt 20 Testetiketten an',
    ],
  },
  {
    language: 'de',
    template: 'incident',
    labels: ['incident', 'mail'],
    title: 'E-Mails an {service} kommen mit {minutes} Minuten Verspätung an',
    text: 'Benachrichtigungen aus {service} erreichen die Kunden erst nach {minutes} Minuten. Die Warteschlange auf {host} wächst seit {clock} Uhr.',
    sections: [
      'Bestätigungen kommen zu spät, der Kundendienst zählt {percent} Anrufe mehr als sonst.',
      '{clock} Uhr erster Anruf, danach Neustart von {host} ohne Wirkung.',
    ],
    criteria: [
      'Die Warteschlange auf {host} bleibt unter 50 Nachrichten',
      'Eine Testmail kommt in weniger als einer Minute an',
    ],
  },
  {
    language: 'fr',
    labels: ['accounts', 'onboarding'],
    title: "Les nouveaux comptes de l'agence de {city} n'ont pas accès au partage commun",
    text: "Depuis lundi, les comptes créés pour l'agence de {city} n'ont aucun droit sur le partage commun de {host}. Les anciens comptes ne sont pas touchés. Le groupe est pourtant bien attribué.",
    criteria: [
      'Un compte créé ce jour ouvre le partage de {host}',
      "Le groupe de l'agence de {city} figure dans le modèle de compte",
    ],
  },
  {
    language: 'es',
    template: 'change',
    labels: ['change', 'database'],
    title: 'Ampliar la memoria de {host} antes de la campaña de verano',
    text: 'En la última campaña {host} llegó al {percent} % de memoria y las consultas de {service} tardaron el triple. Pedimos ampliarla antes de junio.',
    sections: [
      'La memoria de {host} no basta para la campaña.',
      'Parar la réplica a las {clock}, ampliar, comprobar y repetir con el primario.',
      'Volver al tamaño anterior; la réplica conserva los datos.',
    ],
    criteria: [
      '{host} queda por debajo del 60 % de memoria en la prueba de carga',
      'La ventana dura menos de {minutes} minutos',
    ],
  },
  {
    language: 'pt',
    labels: ['network', 'wifi'],
    title: 'Rede sem fio do armazém do {city} cai quando há mais de 40 leitores',
    text: 'No turno da manhã, quando mais de 40 leitores se ligam, os do corredor 7 perdem a rede durante {minutes} minutos. O ponto de acesso mostra {percent} % de utilização.',
    criteria: [
      '60 leitores ligados durante uma hora sem perda de rede',
      'Nenhum ponto de acesso do armazém passa de 70 % de utilização',
    ],
  },
  {
    language: 'ja',
    template: 'bug',
    labels: ['bug', 'monitoring'],
    title: '{host} の監視アラートが {minutes} 分遅れて届く',
    text: '{host} の CPU 使用率が {percent}% を超えてから、アラートメールが届くまで {minutes} 分かかっています。夜間の当番が対応に遅れる原因になっています。',
    sections: [
      '1. {host} に負荷をかける\n2. 使用率が 90% を超えるのを待つ',
      '1 分以内に当番へメールが届く。',
      '{minutes} 分後にメールが届く。',
    ],
    criteria: ['負荷試験でアラートが 60 秒以内に届くこと', '遅延の記録がダッシュボードに表示されること'],
  },
  {
    language: 'ar',
    labels: ['accounts', 'access'],
    title: 'تعذر تسجيل دخول موظفي فرع {city} إلى نظام المخزون',
    text: 'منذ الساعة {clock} لا يستطيع موظفو فرع {city} تسجيل الدخول إلى نظام المخزون بعد تغيير كلمات المرور. يظهر لهم أن الحساب مقفل، وعددهم يقارب {percent} موظفًا.',
    criteria: [
      'يستطيع عشرة موظفين من فرع {city} تسجيل الدخول بكلمات المرور الجديدة',
      'لا تقفل الحسابات قبل خمس محاولات متتالية',
    ],
  },
  {
    language: 'nl',
    labels: ['storage', 'permissions'],
    title: 'Magazijn {city} kan geen foto’s meer opslaan op {host}',
    text: 'Sinds {clock} weigert {host} foto’s groter dan 4 MB van de scanners in {city}. Kleinere bestanden komen wel aan. Het quotum staat op {percent}%.',
    criteria: ['Een foto van 12 MB staat binnen 10 seconden op {host}', 'Het quotum van het magazijn is verdubbeld'],
  },
  {
    language: 'pl',
    labels: ['network', 'dns'],
    title: 'Biuro {city} dostaje stary adres usługi {service} z DNS',
    text: 'Po przeniesieniu usługi {service} komputery w biurze {city} nadal łączą się ze starym adresem. Serwer DNS na {host} trzyma wpis od {minutes} minut dłużej, niż pozwala TTL.',
    criteria: [
      'Zapytanie z biura {city} zwraca nowy adres {service}',
      'Wpis znika z {host} najpóźniej po 300 sekundach',
    ],
  },
]
