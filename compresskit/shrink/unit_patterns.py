"""Patterns for units, for numbers in words, and for dates, in the most written languages.

If a unit is missing here, the number before it is checked without its unit.
"""

from __future__ import annotations

import re

UNITS = (
    r"[%‰$€£¥₹₩]|°[CFK]?|[kmcµμn]?m[²³23]?|km/h|mph|kph|[kmµμ]?g|kgs?|[mcd]?l|[KMGTP]i?B|[kMGTP]?bit/?s?|[kMGTPm]?(?:Hz|W|Wh|V|A|J|Pa|bps)"
    r"|ms|[µμn]s|s|sec|min|h|hrs?|in|ft|yd|mi|oz|lbs?|gal|am|pm|a\.m\.|p\.m\.|px|pt|dpi|rpm|ppm|dB|cal|kcal|bps|fps"
    r"|(?:nano|micro|milli)?seconds?|minutes?|hours?|days?|weeks?|fortnights?|months?|quarters?|years?|decades?|centur(?:y|ies)"
    r"|(?:kilo|centi|milli|nano)?met(?:er|re)s?|inch(?:es)?|f(?:oo|ee)t|yards?|miles?|(?:kilo|milli)?grams?|tons?|tonnes?"
    r"|pounds?|ounces?|(?:milli)?lit(?:er|re)s?|gallons?|barrels?|acres?|hectares?|degrees?|watts?|volts?|amps?|bytes?|bits?"
    r"|(?:kilo|mega|giga|tera)(?:bytes?|bits?|watts?|hertz)|percent(?:age points)?|per cent|pp|bp|basis points?"
    r"|dozens?|hundreds?|thousands?|millions?|billions?|trillions?|bn|mn?|k|Mio\.?|Mrd\.?|million(?:en|i|es)|mil(?:lones|hões)?"
    r"|dollars?|euros?|cents?|yen|yuan|rupees?|francs?|pesos?|USD|EUR|GBP|JPY|CNY|CHF|INR|AUD|CAD|tokens?"
    r"|Sekunden?|Minuten?|Stunden?|Tage?n?|Wochen?|Monate?n?|Jahre?n?|secondes?|heures?|jours?|semaines?|mois|ans?|années?"
    r"|segundos?|minutos?|horas?|días?|dias?|semanas?|mes(?:es)?|años?|anos?|giorni?o?|ore|anni?o?|секунд\w*|минут\w*|час\w*"
    r"|дн\w+|недел\w+|месяц\w*|год\w*|лет|тыс\w*|млн|млрд|рубл\w*|кг|км|초|분|시간|일|주|개월|년|원|명|개|만|억"
)
UNIT = re.compile(rf"(?:[ \u00a0\u202f]?(?:{UNITS})(?!\w)){{1,2}}")
UNSPACED_UNIT = re.compile(
    r" ?(?:[年月日号號时時分秒点點元円圆块名个個岁歳歲度倍次回件台本枚页頁章期届屆週周天人万萬亿億千百兆]"
    r"|[%％‰米里克吨噸升間间ヶか]){1,4}| ?(?:ปี|วัน|บาท|คน)"
)
UNSPACED_NUMBER = re.compile(
    r"第?[〇零一二三四五六七八九十百千万萬亿億兆两兩]{1,12}(?:点[〇零一二三四五六七八九]+)?"
    r"[年月日号號时時分秒元円圆名个個岁歳歲度倍次回件台本枚页頁章期届屆周週天人条條项項]"
)
WORDED_NUMBER = re.compile(
    rf"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    rf"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|half an?"
    rf"|a (?:couple of|few))[ -](?:{UNITS})(?!\w)",
    re.IGNORECASE,
)
_MONTHS = (
    r"Jan(?:uar[yi]?|vier)?|Feb(?:ruar[yi]?)?|février|Mar(?:ch|zo?|s)?|März|Apr(?:ile?)?|avril|abril|May|Mai|mayo|maio|maggio"
    r"|June?|Juni|juin|junio|junho|giugno|July?|Juli|juillet|julio|julho|luglio|Aug(?:ust)?|août|agosto|Sept?(?:ember)?"
    r"|septembre|septiembre|setembro|settembre|O[ck]t(?:ober|ubre|obre)?|outubro|ottobre|Nov(?:embe?re?|iembre)?|novembro"
    r"|De[cz](?:embe?re?)?|décembre|diciembre|dezembro|dicembre|enero|gennaio|janeiro|febrero|fevereiro|febbraio"
    r"|января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
)
DATE = re.compile(
    rf"(?<!\w)(?:\d{{1,2}}(?:st|nd|rd|th|er|\.)? (?:of |de |di )?(?:{_MONTHS})"
    rf"|(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?|(?:{_MONTHS})\.?(?= \d{{4}}))(?!\w)"
    r"(?:,? (?:de |del )?\d{4})?(?!\w)",
    re.IGNORECASE,
)
DAY = re.compile(
    r"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag|lundi|mardi"
    r"|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo|Q[1-4]|H[12])\b"
)
