//! scratch
use gcapi_demo::phantom::*;
use gcapi_demo::formats::*;
use gcapi_demo::*;
fn main() {
    let t = std::time::Instant::now();
    let out = std::path::Path::new("/tmp/demo-look");
    std::fs::create_dir_all(out).unwrap();
    let g = Geometry::axial([60, 144, 192], [1.95, 1.95, 4.0]);
    let p = Patient::new(1, Some(Lesion { site: Site::Liver, diameter_mm: 34.0 }));
    let to = torso(&p, &g, [0.0, 0.0, 0.0]);
    eprintln!("torso {:?}", t.elapsed());
    let ct = computed_tomography(&to);
    eprintln!("ct {:?}", t.elapsed());
    std::fs::write(out.join("ct.mha"), metaimage::single_file(&ct).unwrap()).unwrap();
    eprintln!("mha {:?}", t.elapsed());
    std::fs::write(out.join("seg.mha"), metaimage::single_file(&segmentation(&to)).unwrap()).unwrap();
    eprintln!("seg {:?}", t.elapsed());
    let b = brain(9, &Geometry::axial([56, 128, 112], [1.7, 1.7, 2.4]));
    std::fs::write(out.join("mr.mha"), metaimage::single_file(&b).unwrap()).unwrap();
    eprintln!("brain {:?}", t.elapsed());
    let s = slide(&SlideStyle { seed: 12, size: 2048, glands: 420, nuclei: 5200 });
    eprintln!("slide {:?}", t.elapsed());
    let p = Pyramid::new(s, 0.5, Coding::Lossless);
    std::fs::write(out.join("slide.tif"), p.encode().unwrap()).unwrap();
    eprintln!("tif {:?}", t.elapsed());
    let p = Pyramid { coding: Coding::Jpeg { quality: 85 }, ..p };
    std::fs::write(out.join("slidej.tif"), p.encode().unwrap()).unwrap();
    eprintln!("tifj {:?}", t.elapsed());
}
