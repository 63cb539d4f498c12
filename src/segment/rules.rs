//! What a full stop after a word means, language by language.

use std::collections::{HashMap, HashSet};

use crate::lang::Lang;

/// What a full stop after this word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Part of an abbreviation that never ends a sentence (`z. B.`, `Dr.`).
    Never,
    /// Part of an abbreviation that can end one; a following function word in capitals tells (`Mio.`, `Inc.`).
    Unclear,
    /// Part of an abbreviation that ends a sentence when a capital follows (`usw.`, `p.m.`).
    Often,
    /// Part of an abbreviation before a number, otherwise an ordinary word (`Art. 5`, `Nov. 3`).
    BeforeNumber,
}

/// The rules of one language.
#[derive(Debug)]
pub(super) struct Rules {
    stops: HashMap<&'static str, Stop>,
    starters: HashSet<&'static str>,
    labels: HashSet<&'static str>,
    leaders: HashSet<&'static str>,
    followers: HashSet<&'static str>,
    /// Whether `3.` is an ordinal.
    pub(super) ordinals: bool,
    /// Whether nouns are written with a capital, so that a capital alone says little.
    pub(super) capital_nouns: bool,
    /// Whether `;` ends a question.
    pub(super) greek: bool,
}

impl Rules {
    pub(super) fn of(lang: &Lang) -> Self {
        let primary = lang.primary();
        let german = primary == "de";
        let words = match primary {
            "de" => &GERMAN,
            "en" => &ENGLISH,
            _ => &GENERIC,
        };
        let classes = [
            (words.never, Stop::Never),
            (words.unclear, Stop::Unclear),
            (words.often, Stop::Often),
            (words.before_number, Stop::BeforeNumber),
        ];
        Self {
            stops: classes
                .iter()
                .flat_map(|(list, stop)| list.split_whitespace().map(|word| (word, *stop)))
                .collect(),
            starters: words.starters.split_whitespace().collect(),
            labels: words.labels.split_whitespace().collect(),
            leaders: if german { LEADERS.split_whitespace().collect() } else { HashSet::new() },
            followers: if german { FOLLOWERS.split_whitespace().collect() } else { HashSet::new() },
            ordinals: german || ORDINAL_LANGUAGES.split_whitespace().any(|l| l == primary),
            capital_nouns: german,
            greek: primary == "el",
        }
    }

    /// What a full stop after `word` means; none for an ordinary word.
    pub(super) fn stop(&self, word: &str) -> Option<Stop> {
        let find = |word: &str| self.stops.get(word).copied();
        let last = word.rsplit(['-', '/', '–']).next().unwrap_or(word);
        find(word)
            .or_else(|| find(last))
            .or_else(|| (self.capital_nouns && word.ends_with("str")).then_some(Stop::Unclear))
    }

    /// Whether `word`, as written, is a function word that opens a sentence.
    pub(super) fn is_starter(&self, word: &str) -> bool {
        self.starters.contains(word)
    }

    /// Whether a single letter after `word` is a label (`Plan B`).
    pub(super) fn is_label(&self, word: &str) -> bool {
        self.labels.contains(word)
    }

    /// Whether a number with a full stop after `word` is an ordinal (`am 3.`).
    pub(super) fn leads_ordinal(&self, word: &str) -> bool {
        self.leaders.is_empty() || word.ends_with(':') || self.leaders.contains(word.to_lowercase().as_str())
    }

    /// Whether `word` is one that an ordinal stands before (`3. Oktober`).
    pub(super) fn follows_ordinal(&self, word: &str) -> bool {
        self.followers.contains(word)
    }
}

/// The words of one language, separated by white space.
struct Words {
    never: &'static str,
    unclear: &'static str,
    often: &'static str,
    before_number: &'static str,
    /// Function words as they open a sentence; empty when none are known.
    starters: &'static str,
    /// Words after which a single letter is a label.
    labels: &'static str,
}

const GERMAN: Words = Words {
    never: "
        z.B d.h d.i i.e e.g u.U i.A i.V z.Hd z.T z.Zt z.Z m.E o.g s.a i.S u.d.T h.c Dr Prof Hr Hrn Fr Frl Mr
        Mrs Ms St Ing Dipl Mag Hrsg hrsg vgl bzw ca ggf ggfs evtl evt sog bspw insb inkl exkl zzgl abzgl lt
        gem bes geb gest gegr verh zw vs Nr Nrn gez urspr dt engl frz franz lat griech ital span russ ehem
        ev kath allg hl Maj Hptm Kapt max mind entspr bzgl betr einschl ausschl Anm Red stellv Stellv rd
        Mt jew vorm ebd Bgm Abg RA Priv Doz Univ Art.-Nr Tel Reg Bez Verf Übers cand phil rer med jur nat
        pol oec habil Az Urt Beschl lit Rspr Slg Z.B D.h
        U.U Ca Vgl Evtl Ggf Inkl Bspw Insb Lt Zzgl Gem Bes Sog",
    unclear: "
        u.a i.d.R a.D v.Chr n.Chr Chr Mio Mrd Tsd Bio Std Stdn Min Sek Co Inc Ltd Corp Jr Sr jun sen Str ff
        f Jh Jhd Jhdt e.V U.S Stck Hbf Bhf Pl Aufl Bd Bde Jg a.M a.O i.B i.Br d.J d.Ä d.M Ges.m.b.H m.b.H
        p.a a.a.O u.Z Kfm Forts Prov Kt Aug Sept Okt Nov Dez Febr Abt Gen U.a I.d.R",
    often: "usw usf etc o.Ä u.Ä o.ä u.ä u.s.w u.v.m u.v.a u.a.m s.o s.u v.H a.m p.m n.N N.N al",
    before_number: "
        Abs Art Kap Abb Tab Ziff Rn Rdnr Rz Fn Jan Feb Mär Mrz Apr Jun Jul Sep Mo Di Mi Do Sa So Pos No Kl Vers Par min",
    starters: "
        Der Die Das Dem Den Des Ein Eine Einen Einem Einer Eines Er Sie Es Wir Ich Ihr Man Dies Diese Dieser
        Dieses Diesen Diesem Jene Jener Jede Jeder Jedes Alle Alles Viele Einige Manche Mehrere Beide Kein
        Keine Keiner Sein Seine Seinem Seinen Seiner Ihre Ihrem Ihren Unser Unsere Mein Meine Dein Deine
        Deren Dessen In Im Am An Auf Aus Bei Beim Bis Durch Für Gegen Hinter Mit Nach Neben Ohne Seit Trotz
        Über Um Unter Von Vom Vor Während Wegen Zu Zum Zur Zwischen Aber Als Also Auch Außerdem Da Dabei
        Dadurch Dafür Dagegen Daher Damit Danach Dann Daneben Daran Darauf Daraufhin Daraus Darüber Darum
        Darunter Davon Davor Dazu Denn Dennoch Deshalb Deswegen Doch Dort Ebenso Etwa Falls Ferner Früher
        Heute Hier Hierzu Immer Inzwischen Jedoch Jetzt Mittlerweile Nachdem Nein Ja Nicht Nichts Niemand
        Noch Nun Nur Ob Obwohl Oder Schließlich Schon So Sobald Solange Somit Sondern Später Trotzdem Und
        Vielleicht Was Weil Weitere Welche Welcher Wenn Wer Wie Wieder Wo Zudem Zuerst Zuletzt Zunächst
        Zuvor Gestern Anschließend Allerdings Bereits Dass Gleichzeitig Insgesamt Jedenfalls Leider
        Natürlich Offenbar Seitdem Sonst Statt Überall Unterdessen Warum Wann Weder Zugleich Zwar Ist Sind
        War Hat Haben Kann Soll",
    labels: "
        Plan Vitamin Klasse Gruppe Typ Punkt Abschnitt Hepatitis Teil Block Variante Kategorie Option
        Buchstabe Stufe Halle Saal Anlage Gleis Anhang Liga Modell Serie Team Linie",
};

/// Words that an ordinal follows.
const LEADERS: &str = "
    der die das den dem des am im zum zur beim vom ein eine einen einem einer mein meine meinen sein seine
    seinen seinem seiner ihr ihre ihren ihrem ihrer unser unsere unseren jeder jede jedes jeden dieser diese
    diesen in bis ab seit und oder als kein keine ins ans fürs übers welcher welche – - bzw.";

/// Words that an ordinal stands before, whatever comes first: the followers, and what is usually counted.
const FOLLOWERS: &str = "Januar Jänner Februar März April Mai Juni Juli August September Oktober November
    Dezember Feber Jahrhundert Jahrhunderts Jahrhunderte Jahrtausend Jahrtausends Jahrestag Geburtstag Lebensjahr
    Stock Stockwerk Etage Minute Runde Spieltag Auflage Ausgabe Klasse Liga Weltkrieg Weltkriegs Weltkrieges Mal";

const ENGLISH: Words = Words {
    never: "
        Mr Mrs Ms Dr Prof St Mt Ft Gen Sen Rep Reps Sens Gov Capt Cpt Lt Col Sgt Maj Cmdr Adm Rev Hon Pres
        Messrs Mme Mlle e.g i.e E.g I.e cf Cf vs v viz approx Approx ca c Supt Det Insp Fr Cpl Pvt Brig Lieut Amb Sr.Lt",
    unclear: "
        Inc Ltd Co Corp Jr Sr Bros Ave Blvd Rd U.S U.S.A U.K U.N E.U D.C L.A N.Y al ed eds dept Dept univ
        Univ Assn Ph.D M.D B.A M.A B.C A.D Esq misc est Mon Tue Tues Wed Thu Thur Thurs Fri Calif Mass Conn
        Fla Ariz Penn Tenn Minn Plc",
    often: "etc a.m p.m",
    before_number: "
        No no Nos nos Fig fig Figs figs Eq Sec Sect Ch ch Vol vol p pp Art art Jan Feb Mar Apr Jun Jul Aug
        Sep Sept Oct Nov Dec para Ref Tab",
    starters: "
        The A An He She It They We I You This That These Those There Here His Her Its Their Our My Your In
        On At By For From With To After Before When While If As But And Or So Then Now However Still Yet
        Also Both Each Every Some Many Most All No Not Nobody What Who Why How Where Which Because Since
        Although Though Despite During Under Over Between Among Meanwhile Moreover Furthermore Instead Later
        Earlier Today Yesterday Tomorrow Finally First Once Until Unlike Nor Perhaps Maybe Yes Let Is Are
        Was Were Does Did Can Could Will Would Should Only Even More Few Several Such Neither Either",
    labels: "
        Plan Vitamin Group Type Class Section Appendix Grade Part Option Figure Schedule Category Hepatitis
        Exhibit Annex Team Point Hall Block plan vitamin group type class section grade option category
        hepatitis",
};

/// What holds in many languages: titles and a few abbreviations of Latin origin.
const GENERIC: Words = Words {
    never: "
        Dr Prof Mr Mrs Ms M MM Mme Mlle Sr Sra Srta Sig Dott St Ste Dña D dr prof mgr inż ing Ing Mgr vs cf
        p.ex bijv т.е т.д г гг ул др им",
    unclear: "Inc Ltd Co Corp etc Jr al",
    often: "",
    before_number: "No no n Nº nr Nr art Art p pp pág vol Vol fig Fig №",
    starters: "",
    labels: "",
};

/// Languages that write an ordinal as a number with a full stop.
const ORDINAL_LANGUAGES: &str = "
    da nb nn no fi et cs sk sl hr sr bs pl hu is lv tr eu fo lb";
