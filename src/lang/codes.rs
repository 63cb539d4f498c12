//! The language codes of multilingual models, in the one table that every family looks them up in.
//!
//! Each list is in the order of the models' own tokens. `code=tag` says which language a code means where its reading
//! as a tag would be another one. Sources: the model cards of NLLB-200 (whose codes are those of FLORES-200), M2M100
//! and mBART-50. OPUS-MT (`>>deu<<`) and MADLAD-400 (`<2de>`) list theirs in their vocabularies.

use super::Lang;

/// The codes of FLORES-200 in the order of their tokens in NLLB-200.
pub(crate) const FLORES_200: &str = "ace_Arab ace_Latn acm_Arab acq_Arab aeb_Arab afr_Latn ajp_Arab aka_Latn amh_Ethi apc_Arab arb_Arab \
    ars_Arab ary_Arab arz_Arab asm_Beng ast_Latn awa_Deva ayr_Latn=ay azb_Arab azj_Latn bak_Cyrl bam_Latn \
    ban_Latn bel_Cyrl bem_Latn ben_Beng bho_Deva bjn_Arab bjn_Latn bod_Tibt bos_Latn bug_Latn bul_Cyrl \
    cat_Latn ceb_Latn ces_Latn cjk_Latn ckb_Arab crh_Latn cym_Latn dan_Latn deu_Latn dik_Latn=din dyu_Latn \
    dzo_Tibt ell_Grek eng_Latn epo_Latn est_Latn eus_Latn ewe_Latn fao_Latn pes_Arab fij_Latn fin_Latn \
    fon_Latn fra_Latn fur_Latn fuv_Latn=ff gla_Latn gle_Latn glg_Latn grn_Latn guj_Gujr hat_Latn hau_Latn \
    heb_Hebr hin_Deva hne_Deva hrv_Latn hun_Latn hye_Armn ibo_Latn ilo_Latn ind_Latn isl_Latn ita_Latn \
    jav_Latn jpn_Jpan kab_Latn kac_Latn kam_Latn kan_Knda kas_Arab kas_Deva kat_Geor knc_Arab knc_Latn \
    kaz_Cyrl kbp_Latn kea_Latn khm_Khmr kik_Latn kin_Latn kir_Cyrl kmb_Latn kon_Latn kor_Hang kmr_Latn=ku \
    lao_Laoo lvs_Latn lij_Latn lim_Latn lin_Latn lit_Latn lmo_Latn ltg_Latn ltz_Latn lua_Latn lug_Latn \
    luo_Latn lus_Latn mag_Deva mai_Deva mal_Mlym mar_Deva min_Latn mkd_Cyrl plt_Latn mlt_Latn mni_Beng \
    khk_Cyrl mos_Latn mri_Latn zsm_Latn mya_Mymr nld_Latn nno_Latn nob_Latn npi_Deva nso_Latn nus_Latn \
    nya_Latn oci_Latn gaz_Latn=om ory_Orya pag_Latn pan_Guru pap_Latn pol_Latn por_Latn prs_Arab pbt_Arab \
    quy_Latn=qu ron_Latn run_Latn rus_Cyrl sag_Latn san_Deva sat_Beng scn_Latn shn_Mymr sin_Sinh slk_Latn \
    slv_Latn smo_Latn sna_Latn snd_Arab som_Latn sot_Latn spa_Latn als_Latn srd_Latn srp_Cyrl ssw_Latn \
    sun_Latn swe_Latn swh_Latn szl_Latn tam_Taml tat_Cyrl tel_Telu tgk_Cyrl tgl_Latn tha_Thai tir_Ethi \
    taq_Latn taq_Tfng tpi_Latn tsn_Latn tso_Latn tuk_Latn tum_Latn tur_Latn twi_Latn tzm_Tfng uig_Arab \
    ukr_Cyrl umb_Latn urd_Arab uzn_Latn vec_Latn vie_Latn war_Latn wol_Latn xho_Latn ydd_Hebr yor_Latn \
    yue_Hant zho_Hans zho_Hant zul_Latn";

/// The codes of M2M100.
pub(crate) const M2M100: &str = "af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha he hi hr \
    ht hu hy id ig ilo is it ja jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms my ne nl no ns=nso oc \
    or pa pl ps pt ro ru sd si sk sl so sq sr ss su sv sw ta th tl tn tr uk ur uz vi wo xh yi yo zh zu";

/// The codes of the M2M100 models for WMT21.
pub(crate) const WMT21: &str = "en ha is ja cs ru zh de";

/// The codes of mBART-50; the first 25 are those of mBART.
pub(crate) const MBART_50: &str = "ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT lv_LV my_MM \
    ne_NP nl_XX ro_RO ru_RU si_LK tr_TR vi_VN zh_CN af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH \
    mk_MK ml_IN mn_MN mr_IN pl_PL ps_AF pt_XX sv_SE sw_KE ta_IN te_IN th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES \
    sl_SI";

/// Languages that stand in for one another where a model lacks one: close relatives, and written much alike.
const RELATIVES: [&str; 9] =
    ["nb nn da sv", "hr bs sr", "id ms", "cs sk", "pt gl", "bg mk", "fa prs tg", "zh yue", "de lb gsw"];

/// The languages of a model with the codes that it knows them by.
#[derive(Clone, Debug, Default)]
pub(crate) struct LangCodes {
    /// Codes in the model's order. One that means no language known today (`ajp` was merged into `apc`) keeps its
    /// place.
    entries: Vec<(Option<Lang>, String)>,
}

impl LangCodes {
    /// Reads one of the lists above.
    pub(crate) fn listed(list: &'static str) -> Self {
        // A region (`de_DE`) tells no two entries apart, and is no part of what they mean.
        let tag = |code: &'static str| match code.split_once('_') {
            Some((language, region)) if region.len() == 2 => language,
            _ => code,
        };
        Self::new(list.split_whitespace().map(|entry| entry.split_once('=').unwrap_or((entry, tag(entry)))))
    }

    /// Takes codes with the tags that they mean.
    pub(crate) fn new<'a>(codes: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let entry = |(code, tag): (&str, &str)| (Lang::parse(tag).ok().map(meant), code.to_owned());
        Self { entries: codes.map(entry).collect() }
    }

    /// The model's code of a language: the same tag, else the same written language in any region, else, where the
    /// script was left open, the same language in any script.
    pub(crate) fn code(&self, lang: &Lang) -> Option<&str> {
        let lang = &meant(lang.clone());
        let find = |test: &dyn Fn(&Lang) -> bool| {
            self.entries.iter().find(|(entry, _)| entry.as_ref().is_some_and(test))
        };
        let (_, code) = find(&|entry| entry == lang)
            .or_else(|| find(&|entry| entry.same_language(lang)))
            .or_else(|| find(&|entry| lang.script().is_none() && entry.primary() == lang.primary()))?;
        Some(code)
    }

    /// The language that comes nearest to one that is not known: the same in another script, else a close relative.
    pub(crate) fn nearest(&self, lang: &Lang) -> Option<&Lang> {
        let speaks =
            |primary: &str| self.entries.iter().flat_map(|(entry, _)| entry).find(|e| e.primary() == primary);
        let relatives = RELATIVES.iter().filter(|list| list.split(' ').any(|one| one == lang.primary()));
        speaks(lang.primary()).or_else(|| relatives.flat_map(|list| list.split(' ')).find_map(speaks))
    }

    /// The tags of all languages, sorted, for messages.
    pub(crate) fn tags(&self) -> String {
        let mut tags: Vec<&str> = self.entries.iter().flat_map(|(lang, _)| lang).map(Lang::tag).collect();
        tags.sort_unstable();
        tags.dedup();
        tags.join(", ")
    }

    /// The codes, in order.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(_, code)| code.as_str())
    }

    /// The first languages alone.
    pub(crate) fn first(mut self, count: usize) -> Self {
        self.entries.truncate(count);
        self
    }

    /// Whether no language is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.iter().all(|(lang, _)| lang.is_none())
    }
}

/// What models mean by languages that are written in two scripts, where no script is said.
fn meant(lang: Lang) -> Lang {
    let script = match lang.primary() {
        "zh" => "Hans",
        "sr" => "Cyrl",
        _ => return lang,
    };
    match lang.script() {
        Some(_) => lang,
        None => Lang::parse(&lang.tag().replacen(lang.primary(), &format!("{}-{script}", lang.primary()), 1))
            .unwrap_or(lang),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(list: &'static str, tag: &str) -> Option<String> {
        LangCodes::listed(list).code(&Lang::parse(tag).unwrap()).map(str::to_owned)
    }

    #[test]
    fn every_code_means_a_language_of_its_own() {
        for (list, count) in [(FLORES_200, 202), (M2M100, 100), (WMT21, 8), (MBART_50, 52)] {
            let codes = LangCodes::listed(list);
            assert_eq!(codes.entries.len(), count);
            for (lang, own) in &codes.entries {
                match lang {
                    Some(lang) => assert_eq!(codes.code(lang), Some(own.as_str()), "{lang}"),
                    None => assert_eq!(own, "ajp_Arab"),
                }
            }
        }
    }

    #[test]
    fn tags_find_the_codes_of_every_family() {
        for (tag, flores, m2m100, mbart) in [
            ("de", "deu_Latn", "de", "de_DE"),
            ("en-GB", "eng_Latn", "en", "en_XX"),
            ("zh", "zho_Hans", "zh", "zh_CN"),
            ("zh-Hans", "zho_Hans", "zh", "zh_CN"),
            ("iw", "heb_Hebr", "he", "he_IL"),
            ("fa", "pes_Arab", "fa", "fa_IR"),
            ("ar", "arb_Arab", "ar", "ar_AR"),
            ("et", "est_Latn", "et", "et_EE"),
            ("lv", "lvs_Latn", "lv", "lv_LV"),
            ("sw", "swh_Latn", "sw", "sw_KE"),
        ] {
            assert_eq!(code(FLORES_200, tag).as_deref(), Some(flores), "{tag}");
            assert_eq!(code(M2M100, tag).as_deref(), Some(m2m100), "{tag}");
            assert_eq!(code(MBART_50, tag).as_deref(), Some(mbart), "{tag}");
        }
        assert_eq!(code(M2M100, "nb").as_deref(), Some("no"));
        assert_eq!(code(M2M100, "nso").as_deref(), Some("ns"));
        assert_eq!(code(FLORES_200, "sr").as_deref(), Some("srp_Cyrl"));
        assert_eq!(code(FLORES_200, "yue").as_deref(), Some("yue_Hant"));
        assert_eq!(code(FLORES_200, "zh-TW").as_deref(), Some("zho_Hant"));
        assert_eq!(code(FLORES_200, "awa").as_deref(), Some("awa_Deva"));
        assert_eq!(code(FLORES_200, "om").as_deref(), Some("gaz_Latn"));
    }

    #[test]
    fn another_script_is_not_the_language() {
        assert_eq!(code(M2M100, "zh-Hant"), None);
        assert_eq!(code(M2M100, "sr-Latn"), None);
        assert_eq!(code(MBART_50, "sr"), None);
    }

    #[test]
    fn what_is_missing_has_a_nearest() {
        let nearest = |list, tag| {
            LangCodes::listed(list).nearest(&Lang::parse(tag).unwrap()).map(|lang| lang.tag().to_owned())
        };
        for (tag, near) in [("zh-Hant", "zh-Hans"), ("sr-Latn", "sr-Cyrl"), ("nn", "nb"), ("gsw", "de")] {
            assert_eq!(nearest(M2M100, tag).as_deref(), Some(near), "{tag}");
        }
        assert_eq!(nearest(MBART_50, "sr").as_deref(), Some("hr"));
        assert_eq!(nearest(M2M100, "la"), None);
    }

    #[test]
    fn codes_of_a_vocabulary_are_read_as_tags() {
        let codes = [">>deu<<", ">>cmn_Hans<<", ">>por_BR<<", ">>qqq<<"];
        let tags = codes.map(|code| (code, code.trim_matches(['<', '>'])));
        let codes = LangCodes::new(tags.into_iter());
        assert_eq!(codes.code(&Lang::DE), Some(">>deu<<"));
        assert_eq!(codes.code(&Lang::parse("zh").unwrap()), Some(">>cmn_Hans<<"));
        assert_eq!(codes.code(&Lang::parse("pt").unwrap()), Some(">>por_BR<<"));
        assert_eq!(codes.tags(), "de, pt-BR, zh-Hans");
    }
}
