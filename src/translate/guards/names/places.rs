//! Places and peoples whose German and English names differ more than in spelling.

/// The names of one place and its people in each line, without diacritics; `*` stands for any ending.
const PLACES: &str = "
    deutsch* german*
    frankreich franzos* france french*
    osterreich* austria*
    schweiz* swiss switzerland
    spanien spanisch* spanier* spain spanish spaniard*
    griech* greece greek*
    polen polnisch* poland polish
    niederland* holland* netherlands dutch*
    grossbritannien brit* britain uk
    england englisch* england english
    schottland schott* scotland scottish scot scots
    wales walis* welsh
    irland irisch* iren ireland irish*
    norweg* norway norwegian*
    schwed* swed*
    danemark danen danisch* denmark danish dane danes
    finnland finn* finland finnish
    lettland lett* latvia*
    estland estnisch* esten estonia*
    litau* lithuania*
    russland russ* russia*
    weissruss* belarus*
    moldau* moldova*
    tschech* czech*
    ungarn ungar* hungar*
    rumanien rumanisch* romania*
    zypern zypr* zypriot* cyprus cypriot*
    turkei turk* turkey turkish
    libanon* leban*
    agypt* egypt*
    marokk* morocc*
    elfenbeinkuste ivory ivorian* 
    sudafrika* african* africa
    nordkorea* sudkorea* korea*
    indien indisch* inder india indian*
    china chines* chinese
    kambodscha* cambodia*
    neuseeland* zealand*
    brasil* brazil*
    kolumb* colombia*
    usa us america* amerika* states
    europa europa* europe*
    eu union european*
    asien asiat* asia*
    afrika* africa*
    athiop* ethiopia*
    kalifornien* california*
    kenia* kenya*
    antarkti* antarctic*
    arkti* arctic*
    jemen* yemen*
    syrien syr* syria*
    saudi* saudi*
    japan* japan*
    israel* israel*
    italien* ital*
    koln* cologne
    munchen* munch* munich
    wien wiener* vienna viennese
    prag prager* prague
    rom romer* rome roman*
    mailand* milan*
    genua genoa
    venedig* venezian* venice venetian*
    florenz* florence florentine*
    neapel neapolit* naples neapolit*
    turin* turin
    genf genfer* geneva
    luzern* lucerne
    bozen bozner bolzano
    brussel* brussels
    antwerpen* antwerp
    gent ghent
    brugge bruges
    luttich* liege
    haag hague
    lissabon* lisbon
    sevilla* seville
    saragossa zaragoza
    athen athener* athens athenian*
    kopenhagen* copenhagen
    warschau* warsaw
    krakau* krakow cracow
    danzig* gdansk
    breslau* wroclaw
    posen* poznan
    stettin* szczecin
    moskau* moscow
    kiew* kyiv kiev
    lwiw lemberg* lviv
    charkiw charkow kharkiv kharkov
    tiflis tbilisi
    bukarest* bucharest
    belgrad* belgrade
    damaskus damascus
    kairo* cairo
    algier* algiers
    peking* beijing
    schanghai shanghai
    tokio tokyo
    singapur* singapore
    bombay mumbai
    kalkutta kolkata
    nizza nice
    strassburg* strasbourg
    elsass* alsace alsatian*
    lothring* lorraine
    bayern bayer* bayrisch* bavaria*
    sachsen sachsisch* saxony saxon*
    niedersachs* saxony
    preussen preuss* prussia*
    thuring* thuringia*
    hessen hessisch* hesse hessian*
    pfalz* palatinate
    westfal* westphalia*
    schwaben schwab* swabia*
    tirol* tyrol*
    karnten carinthia*
    steiermark styria*
    mosel moselle
    rhein* rhine*
    donau* danube
    themse thames
    nil nile
    mittelmeer* mediterranean
    ostsee* baltic
    alpen* alps alpine
    hannover* hanover
    braunschweig* brunswick
    nurnberg* nuremberg
    vatikan* vatican
    kreml* kremlin
    gaza* gaza
";

/// Whether a word is the name of a known place in one of the languages, and no adjective.
pub(super) fn is_place(word: &str) -> bool {
    let folded = super::spelling::fold(word);
    let exact = |name: &str| name.trim_end_matches('*') == folded;
    word.starts_with(char::is_uppercase)
        && folded.len() >= 4
        && lines().any(|line| line.split_ascii_whitespace().any(exact))
}

/// Whether two folded words name the same place or its people; `Südfrankreich` is southern France.
pub(super) fn are_the_same(a: &str, b: &str) -> bool {
    const PARTS: [&str; 9] =
        ["sudost", "sudwest", "nordost", "nordwest", "sud", "nord", "ost", "west", "latein"];
    let whole = |word: &str| -> String {
        let part = PARTS.iter().find_map(|part| word.strip_prefix(part));
        part.filter(|rest| rest.len() >= 4).unwrap_or(word).to_owned()
    };
    let names = |line: &str, word: &str| {
        line.split_ascii_whitespace().any(|name| match name.strip_suffix('*') {
            Some(stem) => word.starts_with(stem),
            None => word == name || word.strip_suffix('s') == Some(name),
        })
    };
    let (whole_a, whole_b) = (whole(a), whole(b));
    let either = |line: &str, word: &str, whole: &str| names(line, word) || names(line, whole);
    lines().any(|line| either(line, a, &whole_a) && either(line, b, &whole_b))
}

fn lines() -> impl Iterator<Item = &'static str> {
    PLACES.lines()
}
