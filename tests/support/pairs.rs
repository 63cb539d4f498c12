//! German sentences with good English translations, and with translations whose numbers are wrong.

/// Good translations: no guard may object to them.
pub const GOOD: &[(&str, &str)] = &[
    ("Berlin", "Berlin"),
    ("Angela Merkel", "Angela Merkel"),
    ("Hotel in Hamburg", "Hotel in Hamburg"),
    ("Guten Morgen!", "Good morning!"),
    ("Ja.", "Yes."),
    ("Na und?", "So what?"),
    ("Nein, danke.", "No, thank you."),
    ("Impressum", "Legal notice"),
    ("Wetterbericht für Sonntag", "Weather forecast for Sunday"),
    ("Der Hund schläft.", "The dog is sleeping."),
    ("Bäckerei am Markt feiert Jubiläum", "Bakery on the market square celebrates anniversary"),
    ("„Wir haben lange gewartet“, sagte die Lehrerin.", "“We waited a long time,” the teacher said."),
    ("„Wir haben lange gewartet“, sagte sie.", "\"We waited a long time\", she said."),
    ("Er fragte: »Wer hat das Fenster geöffnet?«", "He asked, “Who opened the window?”"),
    ("Sie nannte den Plan „mutig“.", "She called the plan “bold”."),
    ("Natürlich kommen wir gern.", "Of course! We would love to come."),
    ("Sicher, das Wetter könnte besser sein.", "Sure, the weather could be better."),
    ("Hier ist die Liste der Gäste.", "Here is the list of guests."),
    (
        "Die Übersetzung des Romans erschien im Herbst.",
        "The translation of the novel was published in autumn.",
    ),
    ("Hinweis: Der Aufzug ist außer Betrieb.", "Note: The lift is out of order."),
    ("Es tut mir leid, aber der Laden ist geschlossen.", "I'm sorry, but the shop is closed."),
    (
        "Ich kann Ihnen dabei nicht helfen, sagte der Beamte.",
        "I cannot help you with that, said the official.",
    ),
    (
        "Die Forscher stellten eine KI vor, die Gedichte schreibt.",
        "The researchers presented an AI that writes poems.",
    ),
    ("Nie, nie, nie wieder!", "Never, never, never again!"),
    ("Bla, bla, bla, meinte der Schüler.", "Blah, blah, blah, said the pupil."),
    (
        "Ursula von der Leyen traf am Abend in Lissabon ein.",
        "Ursula von der Leyen arrived in Lisbon in the evening.",
    ),
    ("Das berichtet die Zeitung „Die Welt“.", "This is reported by the newspaper “Die Welt”."),
    ("Die Oper „Così fan tutte“ war ausverkauft.", "The opera “Così fan tutte” was sold out."),
    ("Das Café am Fluss öffnet wieder.", "The café by the river is opening again."),
    ("Der Film „Das Boot“ lief im Fernsehen.", "The film “Das Boot” was on television."),
    ("Die Formel für Wasser lautet H2O.", "The formula for water is H2O."),
    ("Ein Mann und eine Frau saßen auf einer Bank.", "A man and a woman were sitting on a bench."),
    ("Einer der Gäste blieb länger als die anderen.", "One of the guests stayed longer than the others."),
    ("Man weiß nie, was kommt.", "One never knows what will come."),
    ("Die beiden Schwestern leben in Köln.", "The two sisters live in Cologne."),
    ("Beide Seiten einigten sich am Freitag.", "Both sides agreed on Friday."),
    ("Er verdoppelte seinen Einsatz.", "He doubled his stake."),
    ("Sie zweifelte nicht an seinem Wort.", "She did not doubt his word."),
    ("Achten Sie bitte auf die Stufe.", "Please mind the step."),
    ("Der Zweig brach unter dem Schnee.", "The branch broke under the snow."),
    ("Erst am Abend wurde es kühler.", "Only in the evening did it get cooler."),
    ("Zum ersten Mal gewann die Mannschaft auswärts.", "The team won away from home for the first time."),
    ("Wir treffen uns im Mai oder im Juni.", "We will meet in May or June."),
    ("Das Gesetz gilt seit Anfang März.", "The law has been in force since the beginning of March."),
    ("Warten Sie bitte eine Sekunde.", "Please wait a second."),
    (
        "Die Regierung will das Programm untrennbar mit der Reform verbinden.",
        "The government wants to tie the programme inseparably to the reform.",
    ),
    ("Der Siebenschläfer hält Winterschlaf.", "The dormouse hibernates."),
    (
        "Im Viertelfinale traf er auf einen alten Bekannten.",
        "In the quarter-final he met an old acquaintance.",
    ),
    (
        "Weitere Auskunft unter www.example.org oder info@example.org.",
        "Further information at www.example.org or info@example.org.",
    ),
    (
        "Die Arbeit war anstrengend; trotzdem lachten alle, als der Meister mit Kuchen kam und rief, es sei genug für heute.",
        "The work was hard; even so, everyone laughed when the foreman came with cake and called out that it was enough for today.",
    ),
    ("Die beiden Räder tragen ein Doppeldach.", "The two wheels carry a double roof."),
];

/// A source, a good translation, and one with a wrong number.
pub type Seeded = (&'static str, &'static str, &'static str);

/// Whole numbers that change, vanish or appear.
pub const INTEGERS: &[Seeded] = &[
    (
        "Im Saal saßen 48 Kinder.",
        "There were 48 children in the hall.",
        "There were 84 children in the hall.",
    ),
    ("Das Haus wurde 1912 gebaut.", "The house was built in 1912.", "The house was built in 1921."),
    ("Sie wohnt im 3. Stock.", "She lives on the 3rd floor.", "She lives on the 5th floor."),
    ("Am 29. Juni beginnt das Fest.", "The festival begins on June 29.", "The festival begins on June 19."),
    ("Am 29. Juni beginnt die Messe.", "The fair begins on 29 June.", "The fair begins in June."),
    (
        "Der 52-jährige Fahrer blieb unverletzt.",
        "The 52-year-old driver was not hurt.",
        "The 25-year-old driver was not hurt.",
    ),
    ("Die Fahrt kostet 7 Euro.", "The ride costs 7 euros.", "The ride costs euros."),
    ("Das Team gewann mit 3:1.", "The team won 3-1.", "The team won 3-2."),
    ("Der Zug fährt um 14:30 Uhr ab.", "The train leaves at 2:30 p.m.", "The train leaves at 3:30 p.m."),
    ("Der Bus hält um 15 Uhr.", "The bus stops at 3 p.m.", "The bus stops at 4 p.m."),
    ("Die Sitzung endet um 16.45 Uhr.", "The meeting ends at 4:45 pm.", "The meeting ends at 4:15 pm."),
    ("Er ist am 05.11.1980 geboren.", "He was born on November 5, 1980.", "He was born on November 5, 1986."),
    ("In den 1990er Jahren zog er weg.", "He moved away in the 1990s.", "He moved away in the 1980s."),
    ("In den 80er Jahren war das üblich.", "That was common in the 1980s.", "That was common in the 1970s."),
    (
        "Die Saison 2017/18 war schwierig.",
        "The 2017-18 season was difficult.",
        "The 2016-18 season was difficult.",
    ),
    ("Rund 60 Prozent stimmten zu.", "Around 60 per cent agreed.", "Around 50 per cent agreed."),
    (
        "Die A7 ist auf 12 Kilometern gesperrt.",
        "The A7 is closed for 12 kilometres.",
        "The A7 is closed for 20 kilometres.",
    ),
    (
        "Von 20 bis 25 Bewerbern blieben 4.",
        "Of 20 to 25 applicants, 4 remained.",
        "Of 20 to 25 applicants, 14 remained.",
    ),
    (
        "Das Dorf hat kaum Einwohner.",
        "The village has hardly any inhabitants.",
        "The village has hardly 100 inhabitants.",
    ),
    (
        "Der Artikel 5 des Vertrags wurde nie geändert.",
        "Article 5 of the treaty was never changed.",
        "Article 9 of the treaty was never changed.",
    ),
];

/// Fractions that change, lose their point or become whole.
pub const DECIMALS: &[Seeded] = &[
    ("Das Paket wiegt 3,5 Kilogramm.", "The parcel weighs 3.5 kilograms.", "The parcel weighs 35 kilograms."),
    (
        "Die Inflation fiel auf 2,1 Prozent.",
        "Inflation fell to 2.1 percent.",
        "Inflation fell to 2.7 percent.",
    ),
    ("Der Kurs stieg um 0,4 Prozent.", "The price rose by 0.4 percent.", "The price rose by 4 percent."),
    ("Er sprang 8,12 Meter weit.", "He jumped 8.12 metres.", "He jumped 8.21 metres."),
    ("Das Bier kostet 4,80 Euro.", "The beer costs 4.80 euros.", "The beer costs 4.08 euros."),
    ("Das Bier kostet 4,50 Euro.", "The beer costs €4.50.", "The beer costs €45.0."),
    (
        "Die Firma ist 1,5 Milliarden Euro wert.",
        "The company is worth 1.5 billion euros.",
        "The company is worth 1.5 million euros.",
    ),
    (
        "Der Bau kostet 2,3 Mio. Euro.",
        "The building costs 2.3 million euros.",
        "The building costs 2.8 million euros.",
    ),
    (
        "Der Umsatz lag bei 7,25 Mrd. Dollar.",
        "Sales were 7.25 billion dollars.",
        "Sales were 7.5 billion dollars.",
    ),
    (
        "Die Temperatur stieg um 1,5 Grad.",
        "The temperature rose by 1.5 degrees.",
        "The temperature rose by 15 degrees.",
    ),
    (
        "Das Beben hatte die Stärke 6,2.",
        "The quake had a magnitude of 6.2.",
        "The quake had a magnitude of 6.3.",
    ),
    (
        "Die Wanderung dauert eineinhalb Stunden.",
        "The hike takes an hour and a half.",
        "The hike takes two hours.",
    ),
    (
        "Sie wartete zweieinhalb Jahre.",
        "She waited two and a half years.",
        "She waited three and a half years.",
    ),
    (
        "Er war anderthalb Stunden dort.",
        "He was there for one and a half hours.",
        "He was there for half an hour.",
    ),
    (
        "Im Schnitt hat jede Frau 1,46 Kinder.",
        "On average, each woman has 1.46 children.",
        "On average, each woman has 1.64 children.",
    ),
    (
        "Der Läufer kam nach 9,98 Sekunden an.",
        "The runner finished in 9.98 seconds.",
        "The runner finished in 9 seconds.",
    ),
    (
        "Der Fluss ist 12,75 Kilometer lang.",
        "The river is 12.75 kilometres long.",
        "The river is 127.5 kilometres long.",
    ),
    (
        "Die Quote sank von 5,4 auf 5,1 Prozent.",
        "The rate fell from 5.4 to 5.1 percent.",
        "The rate fell from 5.4 to 5.4 percent.",
    ),
    ("Das sind 0,05 Promille weniger.", "That is 0.05 per mille less.", "That is 0.5 per mille less."),
    ("Die Note lag bei 2,0.", "The grade was 2.0.", "The grade was 20."),
];

/// Number words that become other numbers.
pub const WORDS: &[Seeded] = &[
    ("Zwei Männer stiegen aus.", "Two men got out.", "Three men got out."),
    ("Sie hat drei Brüder.", "She has three brothers.", "She has brothers."),
    (
        "Das zweitägige Treffen endete heute.",
        "The two-day meeting ended today.",
        "The three-day meeting ended today.",
    ),
    ("Die vierköpfige Familie zog um.", "The family of four moved house.", "The family of five moved house."),
    (
        "Er wurde Dritter, sie wurde Zweite.",
        "He came third, she came second.",
        "He came fourth, she came second.",
    ),
    ("Das ist der zweite Versuch.", "This is the second attempt.", "This is the third attempt."),
    (
        "Im ersten Spiel gab es Streit.",
        "There was a dispute in the first match.",
        "There was a dispute in the second match.",
    ),
    ("Fünfundzwanzig Gäste kamen.", "Twenty-five guests came.", "Fifty-two guests came."),
    (
        "Er zahlte zweihundertfünfzig Euro.",
        "He paid two hundred and fifty euros.",
        "He paid two hundred and fifteen euros.",
    ),
    (
        "Ein Dutzend Eier lag im Korb.",
        "There were a dozen eggs in the basket.",
        "There were a hundred eggs in the basket.",
    ),
    ("Drei Millionen Menschen sahen zu.", "Three million people watched.", "Three billion people watched."),
    ("Eine Milliarde Euro fehlt.", "One billion euros is missing.", "One million euros is missing."),
    (
        "Millionen von Vögeln ziehen nach Süden.",
        "Millions of birds fly south.",
        "Thousands of birds fly south.",
    ),
    (
        "Die zwölf Geschworenen berieten sich.",
        "The twelve jurors deliberated.",
        "The eleven jurors deliberated.",
    ),
    (
        "Hundert Jahre sind eine lange Zeit.",
        "A hundred years is a long time.",
        "A thousand years is a long time.",
    ),
    (
        "Sie klopfte dreimal, dann viermal.",
        "She knocked three times, then four times.",
        "She knocked three times, then five times.",
    ),
    ("Die sieben Zwerge schliefen.", "The seven dwarfs were asleep.", "The eight dwarfs were asleep."),
    (
        "Der achtzigste Geburtstag war ein Fest.",
        "The eightieth birthday was a feast.",
        "The eighteenth birthday was a feast.",
    ),
    (
        "Ein Drittel der Schüler fehlte.",
        "A third of the pupils were absent.",
        "A fifth of the pupils were absent.",
    ),
    (
        "Er wartete sechzehn Tage auf Antwort.",
        "He waited 16 days for an answer.",
        "He waited 60 days for an answer.",
    ),
];

/// Separators that are kept or read in the wrong language's way.
pub const SEPARATORS: &[Seeded] = &[
    (
        "Die Stadt hat 12.500 Einwohner.",
        "The city has 12,500 inhabitants.",
        "The city has 12.500 inhabitants.",
    ),
    ("Er verdient 3.000 Euro.", "He earns 3,000 euros.", "He earns 3.000 euros."),
    ("Das Buch hat 1.024 Seiten.", "The book has 1,024 pages.", "The book has 1.024 pages."),
    (
        "Der Berg ist 2.962 Meter hoch.",
        "The mountain is 2,962 metres high.",
        "The mountain is 2.962 metres high.",
    ),
    ("Rund 1.200 Läufer starteten.", "Around 1200 runners started.", "Around 1.200 runners started."),
    ("Rund 45 000 Fans kamen.", "Around 45,000 fans came.", "Around 45.000 fans came."),
    ("Es kostet 1.234,56 Euro.", "It costs 1,234.56 euros.", "It costs 1.234,56 euros."),
    ("Sie zahlte 999,90 Euro.", "She paid 999.90 euros.", "She paid 999,90 euros."),
    (
        "Die Strecke ist 42,195 Kilometer lang.",
        "The course is 42.195 kilometres long.",
        "The course is 42,195 kilometres long.",
    ),
    ("Er hob 182,5 Kilogramm.", "He lifted 182.5 kilograms.", "He lifted 182,5 kilograms."),
    ("Der Wert liegt bei 0,125.", "The value is 0.125.", "The value is 0,125."),
    (
        "Das Land hat 83.200.000 Einwohner.",
        "The country has 83,200,000 inhabitants.",
        "The country has 83.200.000 inhabitants.",
    ),
    (
        "Der Absatz stieg auf 10,5 Millionen Stück.",
        "Sales rose to 10.5 million units.",
        "Sales rose to 10,5 million units.",
    ),
    ("Etwa 7.300 Bäume wurden gefällt.", "About 7,300 trees were felled.", "About 7.300 trees were felled."),
    ("Die Rakete flog 27.000 km weit.", "The rocket flew 27,000 km.", "The rocket flew 27.000 km."),
    (
        "Er lief die Strecke in 10,24 Sekunden.",
        "He ran the distance in 10.24 seconds.",
        "He ran the distance in 1,024 seconds.",
    ),
    ("Die Anleihe bringt 3,75 Prozent.", "The bond yields 3.75 percent.", "The bond yields 3,75 percent."),
    (
        "Die Insel misst 1.100 Quadratkilometer.",
        "The island measures 1,100 square kilometres.",
        "The island measures 1.1 square kilometres.",
    ),
    (
        "Das Konto weist 10’000 Franken aus.",
        "The account shows 10,000 francs.",
        "The account shows 10.000 francs.",
    ),
    ("Es fehlen 6.500 Stimmen.", "6,500 votes are missing.", "6,5000 votes are missing."),
];
