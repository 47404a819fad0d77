// Words and figures for people, in English and German: shared by the page and by LuCI's views.
// A plain script that defines one name and touches neither page nor network, so that it can be
// wrapped by whoever uses it.
'use strict';

const WirebraidFormat = (() => {
  const LANGUAGES = ['en', 'de'];

  // Every word is here in both languages; a test compares the two lists.
  const WORDS = {
    en: {
      'state.up': 'up',
      'state.suspect': 'suspect',
      'state.connecting': 'connecting',
      'state.down': 'down',
      'state.disabled': 'disabled',
      'state.exit': 'exit',
      'state.up.help': 'carries traffic, or could at once',
      'state.suspect.help': 'an expected report is overdue: nothing new is sent there',
      'state.connecting.help': 'no session yet',
      'state.down.help': 'no session, or its device, address or route is gone',
      'state.disabled.help': 'switched off in the configuration',
      'state.exit.help': 'session with a stock WireGuard peer: usable by itself, not bonded',
      'mode.packet': 'packet',
      'mode.flow': 'flow',
      'mode.host': 'host',
      'mode.failover': 'failover',
      'mode.redundant': 'redundant',
      'mode.packet.help': 'every packet takes the uplink where it arrives first: one download runs over all of them',
      'mode.flow.help': 'every connection keeps to one uplink, chosen by weight',
      'mode.host.help': 'all connections of a host keep to one uplink',
      'mode.failover.help': 'the best uplink carries all; the others stand by',
      'mode.redundant.help': 'every packet on every uplink; the first copy wins',
      'bond': 'Bond',
      'uplink': 'Uplink',
      'uplinks': 'Uplinks',
      'class': 'Class',
      'classes': 'Classes',
      'classes.rest': '(the rest)',
      'interface': 'Interface',
      'state': 'State',
      'since': 'for {time}',
      'sent': 'Sent',
      'received': 'Received',
      'capacity': 'Capacity',
      'rtt': 'Round trip',
      'loss': 'Loss',
      'mode': 'Mode',
      'runs_as': 'runs as {mode}',
      'unused': 'Not used',
      'endpoint': 'Far side',
      'device': 'Device',
      'handshake': 'Last handshake',
      'never': 'never',
      'ago': '{time} ago',
      'quota': 'Quota',
      'quota.used': '{used} of {all} used, new on {date}',
      'quota.reserve': 'only the reserve is left',
      'quota.exhausted': 'nothing is left',
      'transferred': 'Transferred',
      'traffic': 'Traffic',
      'rule': 'Takes',
      'packets': 'Packets',
      'none': 'none',
      'event.back': 'back',
      'advice.no_network': 'Its device, address or route is missing here; it comes back by itself when that does.',
      'advice.no_name': 'The name of its Endpoint is being looked up: does the name server answer?',
      'advice.no_far_side': 'It has no Endpoint, so the far side has to connect: is that one running?',
      'advice.no_session': 'Is the far side running, is its UDP port open on the way, and do the public keys match?',
      'advice.asking': 'The far side is being asked whether it runs wirebraid.',
      'advice.other_bond': 'On the far side it has to be in the same bond as the other uplinks. After a restart this lasts a moment.',
      'advice.silent': 'The far side has stopped answering here. A few answers in a row bring it back.',
      'advice.standby': 'As configured: an uplink of a better Priority is up.',
      'advice.costly': 'As configured: uplinks of a lower Cost carry everything there is.',
      'advice.quota': 'It starts anew on QuotaDay.',
    },
    de: {
      'state.up': 'aktiv',
      'state.suspect': 'verdächtig',
      'state.connecting': 'verbindet',
      'state.down': 'ausgefallen',
      'state.disabled': 'abgeschaltet',
      'state.exit': 'Exit',
      'state.up.help': 'überträgt oder könnte es sofort',
      'state.suspect.help': 'ein erwarteter Bericht ist überfällig: dorthin geht nichts Neues',
      'state.connecting.help': 'noch keine Sitzung',
      'state.down.help': 'keine Sitzung, oder Gerät, Adresse oder Route ist weg',
      'state.disabled.help': 'in der Konfiguration abgeschaltet',
      'state.exit.help': 'Sitzung mit einem gewöhnlichen WireGuard-Peer: für sich nutzbar, nicht gebündelt',
      'mode.packet': 'packet',
      'mode.flow': 'flow',
      'mode.host': 'host',
      'mode.failover': 'failover',
      'mode.redundant': 'redundant',
      'mode.packet.help': 'jedes Paket nimmt den Uplink, über den es zuerst ankommt: ein Download nutzt alle',
      'mode.flow.help': 'jede Verbindung bleibt auf einem Uplink, nach Gewicht gewählt',
      'mode.host.help': 'alle Verbindungen eines Rechners bleiben auf einem Uplink',
      'mode.failover.help': 'der beste Uplink trägt alles; die anderen stehen bereit',
      'mode.redundant.help': 'jedes Paket über jeden Uplink; die erste Kopie zählt',
      'bond': 'Bond',
      'uplink': 'Uplink',
      'uplinks': 'Uplinks',
      'class': 'Klasse',
      'classes': 'Klassen',
      'classes.rest': '(alles Übrige)',
      'interface': 'Interface',
      'state': 'Zustand',
      'since': 'seit {time}',
      'sent': 'Gesendet',
      'received': 'Empfangen',
      'capacity': 'Kapazität',
      'rtt': 'Umlaufzeit',
      'loss': 'Verlust',
      'mode': 'Modus',
      'runs_as': 'läuft als {mode}',
      'unused': 'Ungenutzt',
      'endpoint': 'Gegenstelle',
      'device': 'Gerät',
      'handshake': 'Letzter Handshake',
      'never': 'nie',
      'ago': 'vor {time}',
      'quota': 'Kontingent',
      'quota.used': '{used} von {all} verbraucht, neu am {date}',
      'quota.reserve': 'nur noch die Reserve',
      'quota.exhausted': 'aufgebraucht',
      'transferred': 'Übertragen',
      'traffic': 'Datenverkehr',
      'rule': 'Nimmt',
      'packets': 'Pakete',
      'none': 'keine',
      'event.back': 'zurück',
      'advice.no_network': 'Sein Gerät, seine Adresse oder Route fehlt hier; er kommt von selbst wieder, wenn sie da ist.',
      'advice.no_name': 'Der Name seines Endpoints wird nachgeschlagen: Antwortet der Nameserver?',
      'advice.no_far_side': 'Er hat keinen Endpoint, also muss sich die Gegenstelle melden: Läuft sie?',
      'advice.no_session': 'Läuft die Gegenstelle, ist ihr UDP-Port unterwegs offen, und passen die öffentlichen Schlüssel?',
      'advice.asking': 'Die Gegenstelle wird gefragt, ob sie wirebraid spricht.',
      'advice.other_bond': 'Dort muss er zum selben Bond gehören wie die anderen Uplinks. Nach einem Neustart dauert das einen Moment.',
      'advice.silent': 'Die Gegenstelle antwortet hier nicht mehr. Einige Antworten in Folge bringen ihn zurück.',
      'advice.standby': 'Wie eingestellt: ein Uplink besserer Priorität ist aktiv.',
      'advice.costly': 'Wie eingestellt: Uplinks mit geringeren Kosten tragen alles.',
      'advice.quota': 'Es beginnt am QuotaDay neu.',
    },
  };

  // 'good' carries traffic, 'warn' wants a look, 'bad' needs one, 'off' is meant to be so.
  const LEVELS = {
    up: 'good', exit: 'good', suspect: 'warn', connecting: 'warn', down: 'bad', disabled: 'off',
  };

  const NO_VALUE = '\u2013';
  const NARROW_SPACE = '\u202f';

  /** 'de' or 'en' for a tag such as 'de-AT'. */
  const language = (tag) => (/^de\b/i.test(String(tag || '')) ? 'de' : 'en');

  /** The word for `key`, with {name} replaced by values.name. An unknown key shows as itself. */
  const text = (lang, key, values = {}) => {
    const words = WORDS[lang] || WORDS.en;
    const found = key in words ? words[key] : key in WORDS.en ? WORDS.en[key] : key;
    return found.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
  };

  /** Adds the words of a page of its own: {en: {...}, de: {...}}. */
  const addWords = (more) => {
    for (const lang of LANGUAGES) Object.assign(WORDS[lang], more[lang]);
  };

  const known = (value) => value !== null && value !== undefined && Number.isFinite(Number(value));

  const decimal = (value, digits, lang) => {
    const fixed = value.toFixed(digits);
    return lang === 'de' ? fixed.replace('.', ',') : fixed;
  };

  // Three significant digits; the rounding may lift a value into the next unit.
  const reaches = (value, step) => Math.round(value) >= step || Number(value.toPrecision(3)) >= step;
  const scaled = (value, step, units, lang) => {
    let unit = 0;
    while (unit + 1 < units.length && reaches(value, step)) {
      value /= step;
      unit += 1;
    }
    const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return decimal(value, digits, lang) + NARROW_SPACE + units[unit];
  };

  /** Bits per second: "48.1 Mbit/s". */
  const rate = (bps, lang) => (known(bps)
    ? scaled(Number(bps), 1000, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'], lang)
    : NO_VALUE);
  /** Memory and transfers, powers of 1024: "1.50 MiB". */
  const bytes = (count, lang) => (known(count)
    ? scaled(Number(count), 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB'], lang)
    : NO_VALUE);
  /** What providers sell, powers of 1000: "20.0 GB". */
  const volume = (count, lang) => (known(count)
    ? scaled(Number(count), 1000, ['B', 'kB', 'MB', 'GB', 'TB'], lang)
    : NO_VALUE);
  /** Microseconds: "15.2 ms". */
  const milliseconds = (us, lang) => {
    if (!known(us)) return NO_VALUE;
    const value = Number(us) / 1000;
    const digits = value >= 99.95 ? 0 : value >= 0.995 ? 1 : 2;
    return decimal(value, digits, lang) + NARROW_SPACE + 'ms';
  };
  /** A share from 0 to 1: "0.5 %". */
  const loss = (ratio, lang) => {
    if (!known(ratio)) return NO_VALUE;
    const percent = Number(ratio) * 100;
    // Not nothing, though it would be shown as such.
    if (percent > 0 && percent < 0.01) return '<' + decimal(0.01, 2, lang) + NARROW_SPACE + '%';
    const digits = percent === 0 || percent >= 9.95 ? 0 : percent >= 0.1 ? 1 : 2;
    return decimal(percent, digits, lang) + NARROW_SPACE + '%';
  };
  const count = (value, lang) => (known(value)
    ? String(value).replace(/\B(?=(\d{3})+$)/g, lang === 'de' ? '.' : ',')
    : NO_VALUE);

  /** Seconds, with the two largest units: "1 h 2 min". */
  const duration = (seconds, lang) => {
    if (!known(seconds)) return NO_VALUE;
    const units = [[lang === 'de' ? 'T' : 'd', 86400], ['h', 3600], ['min', 60], ['s', 1]];
    let left = Math.max(0, Math.floor(Number(seconds)));
    let first = units.findIndex(([, size]) => left >= size);
    if (first < 0) first = units.length - 1;
    const parts = [];
    for (const [name, size] of units.slice(first, first + 2)) {
      const number = Math.floor(left / size);
      left -= number * size;
      if (number > 0 || parts.length === 0) parts.push(number + NARROW_SPACE + name);
    }
    return parts.join(' ');
  };

  const two = (value) => String(value).padStart(2, '0');
  /** Unix milliseconds as local time of day: "14:03:22". */
  const clock = (ms) => {
    const date = new Date(Number(ms));
    return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  };
  /** Local date: "2026-11-28". */
  const day = (ms) => {
    const date = new Date(Number(ms));
    return [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  };

  const stateWord = (state, lang) => text(lang, 'state.' + state);
  const stateHelp = (state, lang) => text(lang, 'state.' + state + '.help');
  const stateLevel = (state) => LEVELS[state] || 'bad';
  const isUsable = (state) => stateLevel(state) === 'good';

  /** What to look at when an uplink carries nothing: by its unused_code; empty if there is nothing. */
  const advice = (code, lang) => (code && 'advice.' + code in WORDS.en ? text(lang, 'advice.' + code) : '');

  /** What an event says in short: "lte suspect", "lte back"; its own text if it is not of an uplink. */
  const eventText = (event, lang) => {
    if (event.kind !== 'uplink' || !event.uplink || !event.state) return event.text || '';
    const returned = isUsable(event.state) && event.was && !isUsable(event.was);
    const first = event.was === 'connecting';
    return event.uplink + ' ' +
      (returned && !first ? text(lang, 'event.back') : stateWord(event.state, lang));
  };
  /** The part of an event's text in brackets: why it happened. */
  const eventReason = (event) => {
    const found = /\((.+)\)\s*$/.exec(event.text || '');
    return event.kind === 'uplink' && found ? found[1] : '';
  };

  return {
    LANGUAGES, WORDS, NO_VALUE, language, text, addWords, rate, bytes, volume, milliseconds, loss,
    count, duration, clock, day, stateWord, stateHelp, stateLevel, isUsable, advice, eventText,
    eventReason,
  };
})();
